import type { BelowCounters } from '../model/hits.ts';

/** More of them are not counted: a guest may make as many cgroups as it likes. */
const MOST_KEPT = 1024;

/** What came on top in cgroups below, each by itself since they come and go, and what is to be kept of them. */
export function belowAfter(
  before: BelowCounters['counts'] = {},
  below?: BelowCounters,
): {
  readonly kept?: BelowCounters['counts'];
  readonly grown: number;
  readonly growths: BelowCounters['counts'];
} {
  if (below === undefined) return { ...ifAny(before), grown: 0, growths: {} };
  const { counts, isWhole } = below;
  const room = isWhole ? MOST_KEPT : MOST_KEPT - Object.keys(before).length;
  const known = Object.entries(counts).filter(([cgroup]) => before[cgroup] !== undefined);
  const fresh = Object.entries(counts).filter(([cgroup]) => before[cgroup] === undefined);
  // One that was not looked at and is forgotten would be counted once more.
  const taken = [...known, ...fresh.slice(0, Math.max(0, room))];
  const grown = taken.map(([cgroup, count]) => [cgroup, growth(before[cgroup] ?? 0, count)] as const);
  return {
    ...ifAny({ ...(isWhole ? {} : before), ...Object.fromEntries(taken) }),
    grown: grown.reduce((sum, [, count]) => sum + count, 0),
    growths: Object.fromEntries(grown),
  };
}

function growth(before: number, now: number): number {
  return now >= before ? now - before : now;
}

function ifAny(counts: BelowCounters['counts']): { readonly kept?: BelowCounters['counts'] } {
  return Object.keys(counts).length === 0 ? {} : { kept: counts };
}
