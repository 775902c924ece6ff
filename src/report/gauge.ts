import type { MetricFamily, MetricSample } from '../model/metric.ts';

/** A metric that goes up and down. */
export function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: 'gauge', help, samples };
}
