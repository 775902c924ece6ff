import type { LimitRow } from './limit.ts';

/** Whether it was hit, or is held to half of its limit or more. CPU time is held for ever, and its limit is one of each second. */
export function isNotable({ unit, held, limit, hits }: LimitRow): boolean {
  if (hits > 0) return true;
  return unit !== 'cpu' && held !== undefined && limit !== undefined && held >= limit / 2;
}
