import type { AlertLevels } from '../model/alert.ts';
import type { HeldAmounts } from '../model/held.ts';
import type { Hierarchy, LimitRow } from '../model/limit.ts';
import type { Policy } from '../model/policy.ts';

/**
 * What share of each limit is held, 0 to 1; of what has no end, nothing. Memory that is only cached is given back as soon as
 * somebody wants it: a guest with a warm cache is not near its limit.
 */
export function alertLevels(
  rows: readonly LimitRow[],
  amounts: Pick<HeldAmounts, 'fixed' | 'swap' | 'memoryStall'>,
): AlertLevels {
  const { memoryStall } = amounts;
  const levels = rows.flatMap(({ resource, held: whole, limit }) => {
    const held = missedAmount(resource, amounts) ?? whole;
    if (resource === 'oom' || resource === 'cpu' || held === undefined) return [];
    return [[resource, shareOf(held, limit)] as const];
  });
  return { ...Object.fromEntries(levels), ...(memoryStall !== undefined && stallAt(rows, memoryStall)) };
}

function missedAmount(
  resource: LimitRow['resource'],
  { fixed, swap }: Pick<HeldAmounts, 'fixed' | 'swap'>,
): number | undefined {
  if (resource === 'rss') return fixed;
  return resource === 'as' && fixed !== undefined && swap !== undefined ? fixed + swap.held : undefined;
}

// What waits for memory below the barrier and the limit waits for the host's.
function stallAt(rows: readonly LimitRow[], stall: number): AlertLevels {
  const { held = 0, barrier = NO_END, limit = NO_END } = rows.find(({ resource }) => resource === 'rss') ?? {};
  return { 'rss-barrier': held >= NEAR_BARRIER * Math.min(barrier, limit) ? stall : 0 };
}

const NO_END = Number.POSITIVE_INFINITY;
/** A guest that is held at its barrier, or its limit, is a little above it, or a little below. */
const NEAR_BARRIER = 0.95;

function shareOf(held: number, limit: number | undefined): number {
  if (limit === undefined) return 0;
  return limit === 0 ? 1 : Math.min(1, held / limit);
}

const SLOWEST_MS = 10_000;
const FASTEST_MS = 1_000;

/**
 * How often a guest is looked at without an event, milliseconds: so that `for` is kept well enough, and on v1, where the kernel
 * does not tell of a process that it refused; undefined: never.
 */
export function looksEveryMs(alerts: Policy['alerts'], hierarchy: Hierarchy): number | undefined {
  const times = Object.values(alerts).map(({ forMs }) => forMs / 3);
  if (hierarchy === 'v2' && times.length === 0) return undefined;
  return Math.max(FASTEST_MS, Math.min(SLOWEST_MS, ...times));
}
