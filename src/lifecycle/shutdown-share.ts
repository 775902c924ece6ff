import type { StartOf } from './start-closure.ts';

/** Most halt in that. */
const LEAST_MS = 10_000;

/** Who is killed earlier may not have been asked by then. */
const HEARD_MS = 1000;

/** Guests that are still to halt before something ends them all. */
export interface StillToHalt {
  readonly waiting: Pick<ReadonlySet<string>, 'has'>;
  readonly startOf: StartOf;
  /** How long the stop of each takes, as far as is known, in milliseconds. */
  readonly stopMs: (guest: string) => number;
}

/**
 * How much of `leftMs` a guest may take for its halt, in milliseconds: those that halt after it have theirs. What each needs is known of other
 * days: where there is enough, nobody has less than ten seconds. Where there is not, those that need little have it, and the others have the
 * same part each; and whatever one needs, it has ten seconds where that is no more than all would have alike, or where its time is over anyway.
 */
export function shareOf(guest: string, still: StillToHalt, leftMs: number): number {
  const left = Math.max(0, leftMs);
  const needOf = (one: string) => Math.min(still.stopMs(one), left);
  const easyOf = (one: string) => Math.max(still.stopMs(one), LEAST_MS);
  const easy = longestBehind(guest, still, easyOf, new Map([[guest, []]]));
  if (left >= easyOf(guest) + sum(easy)) return left - sum(easy);
  const own = needOf(guest);
  const behind = longestBehind(guest, still, needOf, new Map([[guest, []]]));
  const alike = left / (easy.length + 1);
  const isLate = easy.length === 0 || alike < HEARD_MS;
  return Math.max(Math.min(own, fairPart([own, ...behind], left)), isLate ? LEAST_MS : Math.min(LEAST_MS, alike));
}

type Chain = readonly number[];

// In a circle nobody is behind.
function longestBehind(
  guest: string,
  still: StillToHalt,
  needOf: (guest: string) => number,
  known: Map<string, Chain>,
): Chain {
  const next = still.startOf(guest).after.filter((other) => still.waiting.has(other));
  const chains = next.map((other) => {
    const before = known.get(other);
    if (before !== undefined) return before;
    known.set(other, []);
    const chain = [needOf(other), ...longestBehind(other, still, needOf, known)];
    known.set(other, chain);
    return chain;
  });
  return chains.toSorted((one, other) => sum(other) - sum(one))[0] ?? [];
}

/** What each has at most of what is not enough for all. */
function fairPart(needs: readonly number[], left: number): number {
  let rest = left;
  for (const [at, need] of needs.toSorted((one, other) => one - other).entries()) {
    const part = rest / (needs.length - at);
    if (need >= part) return part;
    rest -= need;
  }
  return rest;
}

function sum(needs: readonly number[]): number {
  return needs.reduce((total, need) => total + need, 0);
}
