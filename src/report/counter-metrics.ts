import type { MetricFamily, MetricSample } from '../model/metric.ts';

type Counts = Readonly<Record<string, number>>;

/** What is counted since the agent's start, by its name in `hostler status`. */
const COUNTERS: Readonly<Record<string, string>> = {
  passes_total: 'Passes over the devices of running guests.',
  enumerations_total: 'Looks at every device of the host.',
  uevents_kernel_total: 'Uevents of the kernel that arrived.',
  uevents_udev_total: "Udevd's events that arrived.",
  nudges_total: 'Calls of the hook.',
  watch_overflows_total: 'Times that changes of files were lost, and everything was looked at.',
  systemd_reloads_total: 'Times that systemd read its units again, or was run anew.',
  config_reload_failures_total: 'Configurations that could not be used.',
  devices_damped_total: 'Devices that were held off since they came and went too often.',
  drift_repaired_total: "Guests whose runtime's own device program was back and was taken off.",
  limits_written_total: 'Control files of cgroups that were written.',
  limits_repaired_total: 'Limits that somebody else had changed and that were put right.',
  alerts_firing_total: 'Alerts that began.',
  alerts_resolved_total: 'Alerts that are over.',
  alerts_undelivered_total: 'Alerts that a sink did not take and is not told any more.',
};

/** Counters of which there is one for each result: what stands before and behind its name, and the metric. */
const BY_RESULT = [
  { name: 'uevents_refused_total', before: 'uevents_refused_', help: 'Uevents that were not believed, by reason.' },
  {
    name: 'memory_refusals_unknown_total',
    before: 'memory_refusals_',
    help: 'Allocations that were refused to nobody knows whom, by reason.',
  },
  { name: 'uevents_lost_total', before: 'uevents_lost_', help: 'Times that uevents were lost, by reason.' },
] as const;
const END = '_total';

const ACTIONS = { actions_total: 'done', actions_failed_total: 'failed' } as const;

/** A counter that has not counted yet is 0, not absent: what it counts first is an increase. */
export function counterFamilies(counts: Counts): readonly MetricFamily[] {
  const single = Object.entries(COUNTERS).map(([name, help]) => family(name, help, [{ value: counts[name] ?? 0 }]));
  const byResult = BY_RESULT.map(({ name, before, help }) => family(name, help, resultsOf(counts, before)));
  const unknown = Object.keys(counts).filter((name) => !isTold(name));
  return [
    ...single,
    ...byResult,
    family('actions_total', 'Steps of plans, by what became of them.', actionsOf(counts)),
    ...unknown.map((name) => family(name, 'Counted since the start.', [{ value: counts[name] ?? 0 }])),
  ];
}

/** Whether it is known what a counter counts. */
export function isTold(name: string): boolean {
  return name in COUNTERS || name in ACTIONS || BY_RESULT.some(({ before }) => name.startsWith(before));
}

function actionsOf(counts: Counts): readonly MetricSample[] {
  return Object.entries(ACTIONS).map(([name, result]) => ({ value: counts[name] ?? 0, labels: { result } }));
}

function resultsOf(counts: Counts, before: string): readonly MetricSample[] {
  return Object.entries(counts)
    .filter(([name]) => name.startsWith(before))
    .map(([name, value]) => ({ value, labels: { result: name.slice(before.length, -END.length) } }));
}

function family(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `hostler_${name}`, type: 'counter', help, samples };
}
