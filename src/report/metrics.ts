import type { MetricFamily, MetricSample } from '../model/metric.ts';
import type { MetricsView } from '../ports/metrics-view.ts';
import { counterFamilies } from './counter-metrics.ts';
import { durationFamily } from './duration-metric.ts';
import { gauge } from './gauge.ts';
import { guestFamilies } from './guest-metrics.ts';

/** Everything that a scrape shows, made while it is asked for: of many guests it is much. */
export function* metricFamilies(view: MetricsView): Generator<MetricFamily> {
  yield* agentFamilies(view);
  yield* hostFamilies(view);
  yield* configFamilies(view);
  yield* alertFamilies(view);
  yield* shutdownFamilies(view);
  yield* counterFamilies(view.status.counters);
  yield durationFamily('hostler_pass_duration_seconds', 'How long a pass over a guest took.', view.passes);
  yield* guestFamilies(view.guests);
}

function agentFamilies({ status, startedAt, residentBytes, cpuSeconds }: MetricsView): readonly MetricFamily[] {
  return [
    gauge('hostler_build_info', 'The version that runs.', [{ value: 1, labels: { version: status.version } }]),
    gauge('hostler_start_time_seconds', 'When the agent was started.', [{ value: startedAt }]),
    gauge('hostler_ready', '1 when the first whole pass is over.', [{ value: Number(status.ready) }]),
    gauge('hostler_resident_memory_bytes', 'Memory of the agent itself.', [{ value: residentBytes }]),
    {
      name: 'hostler_cpu_seconds_total',
      type: 'counter',
      help: 'CPU time of the agent itself.',
      samples: [{ value: cpuSeconds }],
    },
  ];
}

function hostFamilies({ status, guests }: MetricsView): readonly MetricFamily[] {
  const { running, stopped, failing } = status.guests;
  const suspect = guests.filter(({ guest }) => guest.state === 'suspect').length;
  return [
    gauge('hostler_converged', '1 when everything is as the configuration says.', [
      { value: Number(status.converged) },
    ]),
    gauge('hostler_guests', 'Guests of this host, by state.', [
      { value: running - suspect, labels: { phase: 'running' } },
      { value: suspect, labels: { phase: 'suspect' } },
      { value: stopped, labels: { phase: 'stopped' } },
    ]),
    gauge('hostler_guests_failing', 'Guests that lack something.', [{ value: failing }]),
    gauge('hostler_devices', 'Devices of the host that rules may match.', [{ value: status.devices }]),
    gauge('hostler_nodes', 'Nodes that guests were given.', [{ value: status.nodes }]),
    gauge('hostler_udev_up', '1 while udevd runs and is heard.', [{ value: Number(status.udev === 'running') }]),
    gauge('hostler_warnings', 'What is refused or wrong now, by its code.', warnings(status.warnings)),
  ];
}

function warnings(refusals: MetricsView['status']['warnings']): readonly MetricSample[] {
  const codes = Map.groupBy(refusals, ({ code }) => code);
  return [...codes].map(([result, same]) => ({ value: same.length, labels: { result } }));
}

function configFamilies({ status, loadedAt }: MetricsView): readonly MetricFamily[] {
  return [
    gauge('hostler_rules', 'Rules in force.', [{ value: status.rules }]),
    gauge('hostler_config_problems', 'What is wrong with the configuration on disk.', [
      { value: status.config.problems.length },
    ]),
    gauge('hostler_config_last_reload_successful', '1 while the configuration on disk is the one in force.', [
      { value: Number(status.config.problems.length === 0) },
    ]),
    gauge('hostler_config_loaded_timestamp_seconds', 'When the configuration in force was read.', [
      { value: loadedAt },
    ]),
    gauge('hostler_config_watched', '1 while changes of the configuration are heard.', [
      { value: Number(status.watching) },
    ]),
  ];
}

function shutdownFamilies({ shutdown: { totalMs, smallest } }: MetricsView): readonly MetricFamily[] {
  const limits = smallest?.ms === undefined ? [] : [{ value: smallest.ms / 1000 }];
  return [
    gauge('hostler_shutdown_seconds', 'How long all guests would take to halt, if the host went down now.', [
      { value: totalMs / 1000 },
    ]),
    gauge(
      'hostler_shutdown_limit_seconds',
      'How long the host, or the budget, waits for them; absent: for ever.',
      limits,
    ),
  ];
}

function alertFamilies({ alerts: { open, sinks } }: MetricsView): readonly MetricFamily[] {
  const failing = sinks.filter((sink) => sink.failing !== undefined).length;
  const sum = (count: 'waiting' | 'sent' | 'undelivered') => sinks.reduce((all, sink) => all + sink[count], 0);
  const alerts = open.map(({ guest, resource, phase }) => ({ value: 1, labels: { guest, resource, phase } }));
  return [
    gauge('hostler_alerts', 'Alerts that are pending, firing or resolving.', alerts),
    gauge('hostler_alert_sinks', 'Where alerts are told besides the journal.', [
      { value: sinks.length - failing, labels: { result: 'ok' } },
      { value: failing, labels: { result: 'failing' } },
    ]),
    gauge('hostler_alert_messages_waiting', 'Alerts that sinks are still to be told.', [{ value: sum('waiting') }]),
    {
      name: 'hostler_alert_messages_total',
      type: 'counter',
      help: 'Alerts that the sinks of the configuration were told, and that they were not and will not be.',
      samples: [
        { value: sum('sent'), labels: { result: 'sent' } },
        { value: sum('undelivered'), labels: { result: 'undelivered' } },
      ],
    },
  ];
}
