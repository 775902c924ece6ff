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
    for (const { heldMs } of runs.slice(1)) expect(Math.abs(heldMs - 2_000)).toBeLessThanOrEqual(80);
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
/**
 * Stretches of wanting so much; at the rate itself, so that a full bucket overflows all the time; and nothing until so long before the
 * end of a period, when a whole quota is left and the next one is near.
 */
const stretches = fc.array(
  fc.oneof(
    fc.record({ ms: fc.integer({ min: 1, max: 3_000 }), cpus: fc.constantFrom(0, 0.1, 0.5, 1, 2) }),
    fc.record({ ms: fc.integer({ min: 1, max: 4_000 }), cpus: fc.constant('rate' as const) }),
    fc.record({ beforeMs: fc.integer({ min: 1, max: 100 }), periods: fc.integer({ min: 0, max: 3 }) }),
  ),
  { minLength: 1, maxLength: 12 },
);
const outages = fc.option(
  fc.record({ fromMs: fc.integer({ min: 0, max: 10_000 }), ms: fc.integer({ min: 1, max: 5_000 }) }),
  { nil: undefined },
);

type Stretch =
  | { readonly ms: number; readonly cpus: number | 'rate' }
  | { readonly beforeMs: number; readonly periods: number };

/** How many processors are wanted in each millisecond. */
function wantedIn(load: readonly Stretch[], rate: number, periodUs: number): readonly number[] {
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

law(
  'in no window is more used than the bucket, its rate and one grant allow',
  fc.tuple(policies, stretches, outages),
  ([policy, load, outage]) => {
    const { by, quota } = planCpu(policy, 2);
    if (by === 'kernel') return;
    const rate = rateOf(policy);
    const wanted = wantedIn(load, rate, quota.periodUs);
    const wants = (ms: number) => wanted[ms] ?? 0;
    const used = run(policy, wanted.length, { wants, ...(outage && policy.hold === 'smooth' && { outage }) });
    const { doubtUs, eagerUs } = paceOf(quota, policy, 2, 1_000_000);
    // Who is to stand still is stopped at the next look; and does not stand still for a doubt that is larger than half of its bucket.
    const grantUs = policy.hold === 'strict' ? Math.max(quota.quotaUs, (2 - rate) * eagerUs) : quota.quotaUs;
    const most = sizeUs(policy) + grantUs + (2 * quota.quotaUs - doubtUs) + 2 * MS; // a step of both processors
    expect(largestExcess(used, rate)).toBeLessThanOrEqual(most);
  },
);

test('what a guest saved up while it used its rate is its own, but for what the kernel may have given it beforehand and less than a grant', () => {
  const { quota } = planCpu(QUARTER, 2);
  const used = run(QUARTER, 30_000, { wants: (ms) => (ms < 10_000 ? 0.24 : 2) });
  expect(largestExcess(used, 0.25)).toBeGreaterThanOrEqual(sizeUs(QUARTER) - 3 * quota.quotaUs);
});

/** The most that any window uses above its rate. */
function largestExcess(used: Used, rate: number): number {
  let [excess, most] = [0, 0];
  for (const us of used) {
    excess = Math.max(0, excess + us - rate * MS);
    most = Math.max(most, excess);
  }
  return most;
}
