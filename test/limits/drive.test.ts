import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rateOf, sizeUs } from '../../src/limits/bucket.ts';
import { paceOf } from '../../src/limits/drive.ts';
import { planCpu } from '../../src/limits/quota.ts';
import type { BucketPolicy } from '../../src/model/policy.ts';
import { law } from '../devices/law.ts';
import { MS, run, sum, type Used } from './kernel-pool.ts';

/** A quarter of a processor, four seconds saved up. */
const QUARTER: BucketPolicy = {
  rate: 1,
  interval: 4,
  tickUs: 1000,
  size: 4000,
  threshold: 500,
  hold: 'smooth',
  refill: 'steady',
};
const STRICT: BucketPolicy = { ...QUARTER, size: 2000, hold: 'strict' };
const EMPTY = { tokensUs: 0, remainder: 0, held: true, atUs: 0, usedUs: 0 };
const always = (cpus: number) => () => cpus;

/** Milliseconds until the guest gets less than half of what it wants. */
function burstMs(used: Used, cpus: number): number {
  for (let at = 0; at < used.length; at += 1000 / 4) {
    if (sum(used.slice(at, at + 500)) < 0.6 * 500 * MS * cpus) return at;
  }
  return used.length;
}

describe('a bucket deeper than the kernel keeps', () => {
  test.each([
    [1, 5333],
    [2, 2286],
  ])('with %d processors busy a full one lasts as long as the closed form says', (cpus, expectedMs) => {
    const used = run(QUARTER, 12_000, { wants: always(cpus) });
    expect(Math.abs(burstMs(used, cpus) - expectedMs)).toBeLessThanOrEqual(600);
    expect(sum(used)).toBeGreaterThan(0.98 * (4_000 * MS + 0.25 * 12_000 * MS));
  });

  test('from empty the share is the rate, within a percent over a minute', () => {
    const used = sum(run(QUARTER, 60_000, { wants: always(1), start: EMPTY }));
    expect(Math.abs(used - 15_000 * MS)).toBeLessThanOrEqual(150 * MS);
  });

  test('when the driver dies with a full bucket the guest goes on at its rate', () => {
    const used = run(QUARTER, 32_000, { wants: always(2), diesAtMs: 1_000 });
    const { quota } = planCpu(QUARTER, 2);
    expect(sum(used.slice(1_000, 31_000))).toBeLessThanOrEqual(0.25 * 30_000 * MS + 2 * quota.quotaUs);
  });

  test('an outage changes nothing in the long run', () => {
    const used = run(QUARTER, 120_000, { wants: always(1), outage: { fromMs: 10_000, ms: 20_000 }, start: EMPTY });
    expect(Math.abs(sum(used) - 30_000 * MS)).toBeLessThanOrEqual(300 * MS);
  });

  test('strictly held it stands still until it has its threshold, and runs until it is drained', () => {
    const used = run(STRICT, 60_000, { cpus: 1, wants: always(1), start: EMPTY });
    const runs = holdsIn(used);
    for (const { heldMs } of runs.slice(1)) expect(Math.abs(heldMs - 2_000)).toBeLessThanOrEqual(150);
    expect(runs.length).toBeGreaterThan(15);
  });
});

/** Stretches in which the guest got next to nothing. */
function holdsIn(used: Used): readonly { readonly heldMs: number }[] {
  const holds: { heldMs: number }[] = [];
  let since: number | undefined;
  for (let at = 0; at + 400 < used.length; at += 1) {
    const isStill = sum(used.slice(at, at + 400)) <= 10 * MS;
    if (isStill && since === undefined) since = at;
    if (!isStill && since !== undefined) {
      holds.push({ heldMs: at - since + 400 });
      since = undefined;
    }
  }
  return holds;
}

const policies = fc
  .record({
    rate: fc.integer({ min: 1, max: 8 }),
    interval: fc.integer({ min: 8, max: 64 }),
    size: fc.integer({ min: 100, max: 5_000 }),
    hold: fc.constantFrom('smooth' as const, 'strict' as const),
  })
  .map((drawn): BucketPolicy => ({ ...QUARTER, ...drawn, threshold: Math.floor(drawn.size / 4) }));
const loads = fc.array(
  fc.record({ ms: fc.integer({ min: 1, max: 3_000 }), cpus: fc.constantFrom(0, 0.1, 0.5, 1, 2) }),
  {
    minLength: 1,
    maxLength: 12,
  },
);

law(
  'in no window is more used than the bucket, its rate and one grant allow',
  fc.tuple(policies, loads),
  ([policy, load]) => {
    const plan = planCpu(policy, 2);
    if (plan.by === 'kernel') return;
    const wanted = load.flatMap(({ ms, cpus }) => Array.from({ length: ms }, () => cpus));
    const used = run(policy, wanted.length, { wants: (ms) => wanted[ms] ?? 0 });
    const pace = paceOf(plan.quota, policy, 2, 1_000_000);
    // What was earned between two looks counts before what overflowed; and a step of both processors.
    const most = sizeUs(policy) + plan.quota.quotaUs + rateOf(policy) * pace.calmUs + 2 * MS;
    expect(largestExcess(used, rateOf(policy))).toBeLessThanOrEqual(most);
  },
);

/** The most that any window uses above its rate. */
function largestExcess(used: Used, rate: number): number {
  let [excess, most] = [0, 0];
  for (const us of used) {
    excess = Math.max(0, excess + us - rate * MS);
    most = Math.max(most, excess);
  }
  return most;
}
