import type { MetricFamily, MetricLabels, MetricSample } from '../model/metric.ts';

/** The lines of one metric in the text format of Prometheus, version 0.0.4; none where it has no series. */
export function familyText({ name, type, help, samples }: MetricFamily): string {
  if (samples.length === 0) return '';
  const lines = samples.map((sample) => sampleText(name, sample));
  return `# HELP ${name} ${escaped(help, /[\\\n]/g)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function sampleText(name: string, { labels, value, suffix = '' }: MetricSample): string {
  return `${name}${suffix}${labels === undefined ? '' : labelsText(labels)} ${numberText(value)}\n`;
}

function labelsText(labels: MetricLabels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value, /[\\"\n]/g)}"`);
  return `{${pairs.join(',')}}`;
}

function escaped(text: string, special: RegExp): string {
  return text.replaceAll(special, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function numberText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
