import type { DataHeld, DataUse } from '../model/data-limit.ts';

/**
 * What is left of a limit that processes share. Each may have what it has and all of this: one alone comes to the limit and no further,
 * and n that all take at once, before anybody looks again, to the limit and n - 1 times this. There is no other way to let whoever
 * asks first have it, since the kernel holds each process to a limit of its own.
 */
export function headroom(limit: number, sum: number): number {
  return Math.max(0, limit - sum);
}

/** The share of its limit that is held, 0 to 1; where each has a limit of its own, by who is nearest. */
export function dataLevel({ sum, largest, limit, isShared }: DataUse): number {
  return Math.min(1, (isShared ? sum : largest) / limit);
}

/** Somebody takes or gives: soon all of it may be another's. */
const SOON_MS = 250;
const SLOWEST_MS = 4000;
/** Of the limit: what counts as nothing. */
const STILL = 1 / 256;

/** How long what is left may stand before it is divided anew, milliseconds: long where nobody takes anything. */
export function restsFor(limit: number, now: DataHeld, before: DataHeld | undefined, restedMs: number): number {
  const isStill = before?.processes === now.processes && Math.abs(now.sum - before.sum) <= STILL * limit;
  return isStill ? Math.min(SLOWEST_MS, 2 * Math.max(SOON_MS, restedMs)) : SOON_MS;
}
