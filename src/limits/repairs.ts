import type { LimitValues, LimitWrite } from '../model/limit.ts';

/** So often in a minute is somebody else's change taken back; whoever writes more often means it. */
const MOST = 3;
const WITHIN_MS = 60_000;

/**
 * Writes that take back what somebody else wrote: the file held this when all was as it should be, and what it holds is not what
 * the kernel made of that.
 */
export function repairsIn(
  writes: readonly LimitWrite[],
  settled: LimitValues,
  meant: LimitValues,
): readonly LimitWrite[] {
  return writes.filter(({ file, value }) => settled[file] === value && meant[file] !== value);
}

/** The repairs, monotonic ms, that still count. */
export function recentRepairs(repairs: readonly number[], now: number): readonly number[] {
  return repairs.filter((at) => now < at + WITHIN_MS);
}

/** When the next repair may be made; undefined: now. */
export function nextRepairAt(repairs: readonly number[], now: number): number | undefined {
  const recent = recentRepairs(repairs, now);
  const first = recent.at(-MOST);
  return first === undefined ? undefined : first + WITHIN_MS;
}
