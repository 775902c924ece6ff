import type { ShutdownLimit } from '../model/shutdown.ts';

/** The limit that ends guests first; undefined: none does. */
export function smallestLimit(limits: readonly ShutdownLimit[]): ShutdownLimit | undefined {
  const ending = limits.filter(({ ms, ends }) => ms !== undefined && ends === 'guests');
  return ending.toSorted((one, other) => (one.ms ?? 0) - (other.ms ?? 0))[0];
}

/** Whether guests that take so long have ended before anything ends them. */
export function fits(totalMs: number, limit: ShutdownLimit | undefined): boolean {
  return limit?.ms === undefined || totalMs <= limit.ms;
}
