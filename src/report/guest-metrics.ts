import type { LimitRow } from '../model/limit.ts';
import type { MetricFamily, MetricSample } from '../model/metric.ts';
import type { BucketMetrics, GuestMetrics } from '../ports/metrics-view.ts';
import { gauge } from './gauge.ts';
import { lifeFamilies } from './life-metrics.ts';

/** What is told of each guest; a guest that is not on this host any more has no series. */
export function* guestFamilies(guests: readonly GuestMetrics[]): Generator<MetricFamily> {
  yield* stateFamilies(guests);
  yield* lifeFamilies(guests);
  yield* amountFamilies(guests);
  yield hitsFamily(guests);
  yield* cpuFamilies(guests);
  yield* bucketFamilies(guests);
}

const MICROSECONDS = 1_000_000;

function stateFamilies(guests: readonly GuestMetrics[]): readonly MetricFamily[] {
  const each = (value: (one: GuestMetrics) => number | undefined) => guests.flatMap((one) => ofGuest(one, value(one)));
  return [
    gauge(
      'hostler_guest_up',
      '1 while the guest runs.',
      each(({ guest }) => Number(guest.state !== 'stopped')),
    ),
    gauge(
      'hostler_guest_converged',
      '1 when the guest has what the configuration gives it.',
      each(({ guest }) => Number(guest.converged)),
    ),
    gauge(
      'hostler_guest_nodes',
      'Nodes that the guest was given.',
      each(({ guest }) => guest.nodes.length),
    ),
    gauge(
      'hostler_guest_refusals',
      'What is refused to the guest or wrong with it now, by its code.',
      refusals(guests),
    ),
    gauge(
      'hostler_guest_last_pass_timestamp_seconds',
      'When the devices of the guest were looked at last.',
      each(({ guest }) => (guest.lastPass === undefined ? undefined : secondsOf(guest.lastPass))),
    ),
    gauge(
      'hostler_guest_limits_read_timestamp_seconds',
      'When what the guest holds was read: at most so old are the series of held, peak, barrier, limit and hits.',
      each(({ readAt }) => readAt),
    ),
  ];
}

function refusals(guests: readonly GuestMetrics[]): readonly MetricSample[] {
  return guests.flatMap(({ guest }) =>
    [...Map.groupBy(guest.refusals, ({ code }) => code)].map(([result, same]) => ({
      value: same.length,
      labels: { guest: guest.name, result },
    })),
  );
}

interface Amount {
  readonly column: 'held' | 'most' | 'barrier' | 'limit';
  readonly name: string;
  readonly help: string;
}

const AMOUNTS: readonly Amount[] = [
  { column: 'held', name: 'held', help: 'What the guest holds' },
  { column: 'most', name: 'peak', help: 'What the guest held at most since its start' },
  { column: 'barrier', name: 'barrier', help: 'Above this the guest is slowed down' },
  { column: 'limit', name: 'limit', help: 'What the guest may hold; absent where there is no end' },
];
const UNITS = [
  { unit: 'bytes', suffix: '_bytes', says: 'of memory' },
  { unit: 'count', suffix: '', says: 'of what is counted, such as processes' },
] as const;

function* amountFamilies(guests: readonly GuestMetrics[]): Generator<MetricFamily> {
  for (const { unit, suffix, says } of UNITS) {
    for (const { column, name, help } of AMOUNTS)
      yield gauge(`hostler_guest_${name}${suffix}`, `${help} (${says}).`, amountsOf(guests, unit, column));
  }
}

function amountsOf(
  guests: readonly GuestMetrics[],
  unit: LimitRow['unit'],
  column: Amount['column'],
): readonly MetricSample[] {
  return guests.flatMap(({ guest, rows }) =>
    rows.flatMap((row) => {
      const value = row.unit === unit ? row[column] : undefined;
      return value === undefined ? [] : [{ value, labels: { guest: guest.name, resource: row.resource } }];
    }),
  );
}

function hitsFamily(guests: readonly GuestMetrics[]): MetricFamily {
  const samples = guests.flatMap(({ guest, rows }) =>
    rows.flatMap((row) =>
      hitsByResource(row).map(([resource, value]) => ({ value, labels: { guest: guest.name, resource } })),
    ),
  );
  const help = 'How often a limit refused something to the guest, held it back or killed (oom), over restarts.';
  return { name: 'hostler_guest_limit_hits_total', type: 'counter', help, samples };
}

// What is refused, and what may only be cached, are two series.
function hitsByResource({ resource, hits, swapHits = 0 }: LimitRow): readonly (readonly [string, number])[] {
  if (resource !== 'as') return [[resource, hits]];
  return [
    ['as', hits - swapHits],
    ['swap', swapHits],
  ];
}

function cpuFamilies(guests: readonly GuestMetrics[]): readonly MetricFamily[] {
  const each = (column: 'held' | 'limit' | 'heldBackUs') =>
    guests.flatMap((one) => {
      const value = one.rows.find(({ unit }) => unit === 'cpu')?.[column];
      return ofGuest(one, value === undefined ? undefined : value / MICROSECONDS);
    });
  const seconds = (name: string, help: string, samples: readonly MetricSample[]) =>
    ({ name: `hostler_guest_cpu_${name}_total`, type: 'counter', help, samples }) as const;
  return [
    seconds('seconds', 'CPU time that the guest used.', each('held')),
    seconds('throttled_seconds', 'How long its limit kept processors from the guest.', each('heldBackUs')),
    gauge('hostler_guest_cpu_limit_cores', 'CPU seconds that the guest may use in a second.', each('limit')),
  ];
}

function bucketFamilies(guests: readonly GuestMetrics[]): readonly MetricFamily[] {
  const each = (value: (bucket: BucketMetrics) => number) =>
    guests.flatMap((one) => ofGuest(one, one.bucket && value(one.bucket)));
  return [
    gauge(
      'hostler_guest_cpu_tokens_seconds',
      'CPU time that the guest has saved up; below zero it is in debt.',
      each(({ tokensUs }) => tokensUs / MICROSECONDS),
    ),
    gauge(
      'hostler_guest_cpu_bucket_seconds',
      'CPU time that the guest may save up.',
      each(({ sizeUs }) => sizeUs / MICROSECONDS),
    ),
    gauge(
      'hostler_guest_cpu_held',
      '1 while the guest has used up what it saved and is held to its rate, or stands still.',
      each(({ held }) => Number(held)),
    ),
  ];
}

function ofGuest({ guest }: GuestMetrics, value: number | undefined): readonly MetricSample[] {
  return value === undefined ? [] : [{ value, labels: { guest: guest.name } }];
}

function secondsOf(iso: string): number {
  return Date.parse(iso) / 1000;
}
