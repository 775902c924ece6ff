import { metricFamilies } from '../../src/report/metrics.ts';
import { everything } from '../report/everything.ts';

/** Every name that a scrape may show, with its labels. */
export function knownSeries(): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  for (const { name, samples } of metricFamilies(everything)) {
    for (const { suffix = '', labels } of samples) {
      const labelNames = known.get(`${name}${suffix}`) ?? new Set();
      for (const label of Object.keys(labels ?? {})) labelNames.add(label);
      known.set(`${name}${suffix}`, labelNames);
    }
  }
  return known;
}

/** Those that Prometheus itself puts on what it reads. */
export const TARGET_LABELS = ['instance', 'job'];
