import type { HeldAmounts } from '../model/held.ts';
import type { LimitRow } from '../model/limit.ts';
import type { AlertedResource, Policy } from '../model/policy.ts';

/**
 * What share of each limit is held, 0 to 1; what has no end has no level. Memory that is only cached is given back as soon as
 * somebody wants it: a guest with a warm cache is not near its limit.
 */
export function alertLevels(
  rows: readonly LimitRow[],
  { fixed }: Pick<HeldAmounts, 'fixed'>,
): Readonly<Partial<Record<AlertedResource, number>>> {
  const levels = rows.flatMap(({ resource, held: whole, limit }) => {
    const held = resource === 'rss' ? (fixed ?? whole) : whole;
    if (resource === 'oom' || resource === 'cpu' || held === undefined || limit === undefined) return [];
    return [[resource, limit === 0 ? 1 : Math.min(1, held / limit)] as const];
  });
  return Object.fromEntries(levels);
}

const SLOWEST_MS = 10_000;
const FASTEST_MS = 1_000;

/** How often levels are read, milliseconds, so that `for` is kept well enough; undefined: nobody asks for them. */
export function levelsEveryMs(alerts: Policy['alerts']): number | undefined {
  const times = Object.values(alerts).map(({ forMs }) => forMs / 3);
  return times.length === 0 ? undefined : Math.max(FASTEST_MS, Math.min(SLOWEST_MS, ...times));
}
