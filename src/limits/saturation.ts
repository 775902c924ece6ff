import type { HeldAmounts } from '../model/held.ts';
import type { HitCounters } from '../model/hits.ts';
import type { BucketPolicy } from '../model/policy.ts';
import { rateOf } from './bucket.ts';

/** What a guest had of CPU time at a look, and how often its quota was at an end. */
export interface CpuLook {
  /** Monotonic. */
  readonly atMs: number;
  readonly usedUs: number;
  readonly periods: number;
  readonly throttles: number;
}

/** Undefined: its kernel does not count it. */
export function cpuLook({ cpuUs, cpuPeriods }: HeldAmounts, { cpu }: HitCounters, atMs: number): CpuLook | undefined {
  if (cpuUs === undefined || cpuPeriods === undefined || cpu === undefined) return undefined;
  return { atMs, usedUs: cpuUs, periods: cpuPeriods, throttles: cpu };
}

/** So long is at least two periods, whatever the bucket; and no look in between is any difference. */
const WINDOW_MS = 2000;
/** Where periods are short so many of them are enough, as long as the kernel takes to tell that a guest was held back. */
const PERIODS = 5;
const SHORT_WINDOW_MS = 500;

/** Whether these two looks are far enough apart to say something. */
export function isWindow(from: CpuLook, to: CpuLook): boolean {
  const isLong = to.atMs - from.atMs >= WINDOW_MS;
  return isLong || (to.atMs - from.atMs >= SHORT_WINDOW_MS && to.periods - from.periods >= PERIODS);
}

/**
 * The share of its rate, 0 to 1, that a guest used between two looks when it was held back in half of all periods or more: it wants
 * more than it has. One that was held back seldom has only been busy for a moment, or others were.
 */
export function saturation(from: CpuLook, to: CpuLook, bucket: BucketPolicy): number {
  const [periods, throttles] = [to.periods - from.periods, to.throttles - from.throttles];
  if (periods <= 0 || throttles / periods < HELD_BACK) return 0;
  return Math.min(1, (to.usedUs - from.usedUs) / ((to.atMs - from.atMs) * 1000 * rateOf(bucket)));
}

const HELD_BACK = 0.5;
