import { problemText } from '../../config/problem-text.ts';
import type { Commitment, Level } from '../../limits/commitments.ts';
import { type Finding, type Validation, validation } from '../../limits/validation.ts';
import { bytesText, shareText } from '../../model/amount-text.ts';
import { failures } from '../../model/failure.ts';
import type { Run } from '../command.ts';
import { counted } from '../counted.ts';
import { onThisHost } from '../on-this-host.ts';
import { columns } from '../table.ts';
import type { Span } from '../terminal.ts';

const names = ['RESOURCE', 'COMMITTED', 'AVAILABLE', 'RATIO', 'WITHOUT', 'LEVEL'];

export const validate: Run = async ({ options, terminal }) => {
  const { config, problems, guests = [], capacity } = await onThisHost(options.config ?? '/etc/hostler');
  for (const problem of problems) terminal.complain({ text: problemText(problem), colour: 'red' });
  if (config === undefined) return failures.E_CONFIG.exit;
  const found = validation(config, guests, capacity);
  if (options.json) terminal.json(found);
  else
    terminal.print(...columns(options['no-legend'] ? [] : names, [...found.commitments.map(cells), burstCells(found)]));
  for (const finding of found.findings) terminal.complain(findingLine(finding));
  terminal.say(`${counted(found.guests.length, 'guest')}: ${findingsText(found.findings)}`);
  return found.findings.some(({ level }) => level === 'error') ? failures.E_GUARANTEE.exit : 0;
};

function cells({ key, unit, committed, available, level, unlimited }: Commitment): readonly Span[] {
  const text = { bytes: bytesText, count: String, processors: shareText }[unit];
  const ratio = available > 0 ? (committed / available).toFixed(2) : '-';
  return [key, text(committed), text(available), ratio, String(unlimited.length), coloured(level)];
}

// What may come all at once on top of what the rates say.
function burstCells({ bursts: { savedUs, lastsUs }, capacity }: Validation): readonly Span[] {
  const lasts = lastsUs === undefined ? 'never spent' : `spent in ${secondsText(lastsUs)}`;
  return ['all bursts together', secondsText(savedUs), `${capacity.cpus} processors`, '-', '-', lasts];
}

function secondsText(us: number): string {
  return `${(us / 1_000_000).toFixed(1)}s`;
}

const COLOURS = { ok: 'green', recommendation: 'dim', warning: 'yellow', error: 'red' } as const;

function coloured(level: Level): Span {
  return { text: level, colour: COLOURS[level] };
}

function findingLine({ level, ...problem }: Finding): readonly Span[] {
  const [first = '', ...rest] = problemText(problem).split(': ');
  return [`${first}: `, coloured(level), `: ${rest.join(': ')}`];
}

function findingsText(findings: readonly Finding[]): string {
  const levels = ['error', 'warning', 'recommendation'] as const;
  return levels.map((level) => counted(findings.filter((finding) => finding.level === level).length, level)).join(', ');
}
