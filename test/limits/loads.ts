import fc from 'fast-check';
import type { BucketPolicy } from '../../src/model/policy.ts';
import { MS, sum, type Used } from './kernel-pool.ts';
import { QUARTER } from './policy.ts';

/** A quarter of a processor, four seconds saved up. */
export const DEEP: BucketPolicy = { ...QUARTER, size: 4000, threshold: 500 };
export const STRICT: BucketPolicy = { ...DEEP, size: 2000, hold: 'strict' };
export const EMPTY = { tokensUs: 0, remainder: 0, held: true, atUs: 0, usedUs: 0 };
export const policies = fc
  .record({
    rate: fc.integer({ min: 1, max: 8 }),
    interval: fc.integer({ min: 8, max: 64 }),
    size: fc.integer({ min: 100, max: 5_000 }),
    hold: fc.constantFrom('smooth' as const, 'strict' as const),
  })
  .map((drawn): BucketPolicy => ({ ...DEEP, ...drawn, threshold: Math.floor(drawn.size / 4) }));
/**
 * Stretches of wanting so much; at the rate itself, so that a full bucket overflows all the time; and nothing until so long before the
 * end of a period, when a whole quota is left and the next one is near.
 */
export const loads = fc.array(
  fc.oneof(
    fc.record({ ms: fc.integer({ min: 1, max: 3_000 }), cpus: fc.constantFrom(0, 0.1, 0.5, 1, 2) }),
    fc.record({ ms: fc.integer({ min: 1, max: 4_000 }), cpus: fc.constant('rate' as const) }),
    fc.record({ beforeMs: fc.integer({ min: 1, max: 100 }), periods: fc.integer({ min: 0, max: 3 }) }),
  ),
  { minLength: 1, maxLength: 12 },
);
/** Nobody looks for a while; somebody else may go on. */
export const outages = fc.option(
  fc.record({
    fromMs: fc.integer({ min: 0, max: 10_000 }),
    ms: fc.integer({ min: 1, max: 5_000 }),
    restarts: fc.boolean(),
  }),
  { nil: undefined },
);

type Stretch =
  | { readonly ms: number; readonly cpus: number | 'rate' }
  | { readonly beforeMs: number; readonly periods: number };

/** How many processors are wanted in each millisecond. */
export function wantedIn(load: readonly Stretch[], rate: number, periodUs: number): readonly number[] {
  const wanted: number[] = [];
  for (const one of load) {
    const periodMs = periodUs / MS;
    const [ms, cpus] =
      'ms' in one
        ? [one.ms, one.cpus === 'rate' ? 0.95 * rate : one.cpus]
        : [Math.ceil(one.periods * periodMs + periodMs - (wanted.length % periodMs)) - one.beforeMs, 0];
    for (let at = 0; at < ms; at += 1) wanted.push(cpus);
    if (!('ms' in one)) for (let at = 0; at < 3_000; at += 1) wanted.push(2);
  }
  return wanted;
}

/** Milliseconds until the guest gets less than half of what it wants. */
export function burstMs(used: Used, cpus: number): number {
  for (let at = 0; at < used.length; at += 1000 / 4) {
    if (sum(used.slice(at, at + 500)) < 0.6 * 500 * MS * cpus) return at;
  }
  return used.length;
}

/** The most that any window uses above its rate. */
export function largestExcess(used: Used, rate: number): number {
  let [excess, most] = [0, 0];
  for (const us of used) {
    excess = Math.max(0, excess + us - rate * MS);
    most = Math.max(most, excess);
  }
  return most;
}
