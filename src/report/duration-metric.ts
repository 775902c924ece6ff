import type { Durations, MetricFamily, MetricSample } from '../model/metric.ts';

/** A histogram with one set of series for each action. */
export function durationFamily(
  name: string,
  help: string,
  durations: Readonly<Record<string, Durations>>,
): MetricFamily {
  return { name, type: 'histogram', help, samples: Object.entries(durations).flatMap(samplesOf) };
}

// Prometheus counts in each bucket also those of the smaller ones.
function samplesOf([action, { bounds, counts, sum }]: readonly [string, Durations]): readonly MetricSample[] {
  let below = 0;
  const buckets = counts.map((count, at): MetricSample => {
    below += count;
    return { suffix: '_bucket', labels: { action, le: String(bounds[at] ?? '+Inf') }, value: below };
  });
  return [
    ...buckets,
    { suffix: '_sum', labels: { action }, value: sum },
    { suffix: '_count', labels: { action }, value: below },
  ];
}
