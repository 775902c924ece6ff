import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  drawn,
  fullBucket,
  rateOf,
  sizeUs,
  surelyDrawn,
  usUntilDrained,
  usUntilReleased,
} from '../../src/limits/bucket.ts';
import type { Bucket } from '../../src/model/bucket.ts';
import type { BucketPolicy } from '../../src/model/policy.ts';
import { law } from '../devices/law.ts';
import { QUARTER } from './policy.ts';

const START = { atUs: 0, usedUs: 0 };
const SECOND = 1_000_000;

/** VServer's published example. */
const PUBLISHED: BucketPolicy = { ...QUARTER, rate: 7, interval: 32, size: 1000, threshold: 200, hold: 'strict' };

const policies: fc.Arbitrary<BucketPolicy> = fc
  .record({
    rate: fc.integer({ min: 1, max: 1000 }),
    interval: fc.integer({ min: 1, max: 1000 }),
    tickUs: fc.constantFrom(1, 1000, 4000, 10_000),
    size: fc.integer({ min: 1, max: 100_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    refill: fc.constantFrom('steady' as const, 'lump' as const),
  })
  .map(({ part, ...policy }) => ({ ...policy, threshold: Math.floor(part * policy.size), hold: 'strict' as const }));

/** Readings: time that passed, and how much of it two processors were busy. */
const looks = fc.array(
  fc.record({ elapsedUs: fc.integer({ min: 0, max: 20 * SECOND }), busy: fc.double({ min: 0, max: 2, noNaN: true }) }),
  { minLength: 1, maxLength: 30 },
);

describe('a bucket of CPU time', () => {
  law(
    'holds what the closed form says, to a microsecond, however often it is looked at',
    fc.tuple(policies, looks),
    ([policy, steps]) => {
      if (policy.refill === 'lump') return;
      const readings = [START, ...readingsOf(steps)];
      const last = readings.at(-1) ?? START;
      const exact = Math.min(
        ...readings.map((at) => sizeUs(policy) + rateOf(policy) * (last.atUs - at.atUs) - (last.usedUs - at.usedUs)),
      );
      const bucket = bucketAfter(policy, steps);
      expect(Math.abs(bucket.tokensUs - exact)).toBeLessThanOrEqual(1 + 1e-9 * last.atUs);
    },
  );

  law(
    'is the same whether its guest was looked at or not while it used at one pace and never filled it',
    policies,
    (policy) => {
      const used = (atUs: number) => 3 * Math.ceil(rateOf(policy) * atUs);
      const often = Array.from({ length: 100 }, (_, at) => ({
        atUs: (at + 1) * 10_000,
        usedUs: used((at + 1) * 10_000),
      }));
      const once = drawn(fullBucket(policy, START), policy, { atUs: SECOND, usedUs: used(SECOND) });
      const looked = often.reduce<Bucket>((bucket, now) => drawn(bucket, policy, now), fullBucket(policy, START));
      if (looked.tokensUs < sizeUs(policy))
        expect(looked).toMatchObject({ tokensUs: once.tokensUs, remainder: once.remainder });
    },
  );

  law(
    'surely holds no more than it would if its guest had used all of it at last, but for a doubt, and no more than is thought',
    fc.tuple(policies, looks, fc.integer({ min: 0, max: 1_000_000 })),
    ([policy, steps, doubtUs]) => {
      let bucket = fullBucket(policy, START);
      for (const now of readingsOf(steps)) {
        const usedUs = now.usedUs - bucket.usedUs;
        const idle = drawn(bucket, policy, { ...now, usedUs: bucket.usedUs }).tokensUs;
        const thought = drawn(bucket, policy, now);
        const surely = surelyDrawn(bucket, policy, now, doubtUs);
        const least = Math.min(thought.tokensUs, sizeUs(policy) - doubtUs);
        expect(surely.tokensUs).toBe(Math.min(thought.tokensUs, Math.max(idle - usedUs, least)));
        if (thought.tokensUs < sizeUs(policy) - doubtUs) expect(surely.tokensUs).toBe(thought.tokensUs);
        if (usedUs === 0) expect(surely).toEqual(thought);
        bucket = surely;
      }
    },
  );

  test('one that may have been full when its guest began to use it is doubted by so much, and no more', () => {
    const now = { atUs: SECOND, usedUs: SECOND / 4 };
    expect(drawn(fullBucket(QUARTER, START), QUARTER, now).tokensUs).toBe(500_000);
    expect(surelyDrawn(fullBucket(QUARTER, START), QUARTER, now, 100_000).tokensUs).toBe(400_000);
    expect(surelyDrawn(fullBucket(QUARTER, START), QUARTER, now, SECOND).tokensUs).toBe(250_000);
    const strict = { ...QUARTER, hold: 'strict' as const, threshold: 100 };
    const drained = surelyDrawn(fullBucket(strict, START), strict, { atUs: SECOND, usedUs: SECOND }, 100_000);
    expect(drained).toMatchObject({ tokensUs: -250_000, held: true });
  });

  law('never holds more than its size, nor gives what was not earned', fc.tuple(policies, looks), ([policy, steps]) => {
    const readings = [START, ...readingsOf(steps)];
    let bucket = fullBucket(policy, START);
    for (const now of readings) {
      const before = bucket;
      bucket = drawn(bucket, policy, now);
      expect(bucket.tokensUs).toBeLessThanOrEqual(sizeUs(policy));
      const most = rateOf(policy) * (now.atUs - before.atUs) + rateOf(policy) * policy.interval * policy.tickUs + 1;
      expect(bucket.tokensUs - before.tokensUs + (now.usedUs - before.usedUs)).toBeLessThanOrEqual(most * (1 + 1e-9));
    }
  });

  law('is released when it says, not a microsecond sooner', fc.tuple(policies, looks), ([policy, steps]) => {
    const bucket = bucketAfter(policy, steps);
    if (!bucket.held) return;
    const waitUs = usUntilReleased(bucket, policy);
    const at = (us: number) => drawn(bucket, policy, { atUs: bucket.atUs + us, usedUs: bucket.usedUs });
    expect(at(waitUs).held).toBe(false);
    expect(at(waitUs - 1).held).toBe(true);
  });

  test('a full one lets one processor burst for S / (c - r), two for less', () => {
    const policy = { ...QUARTER, size: 4000 };
    expect(usUntilDrained(fullBucket(policy, START), policy, 1) / SECOND).toBeCloseTo(5.333, 3);
    expect(usUntilDrained(fullBucket(policy, START), policy, 2) / SECOND).toBeCloseTo(2.286, 3);
    expect(usUntilDrained(fullBucket(policy, START), policy, 0.25)).toBe(Number.POSITIVE_INFINITY);
  });

  test('the published example is held 928 ticks in lumps, and 914.3 when tokens come one by one', () => {
    for (const [refill, ticks] of [
      ['lump', 928],
      ['steady', 914.286],
    ] as const) {
      const policy = { ...PUBLISHED, refill };
      const drained = drawn(fullBucket(policy, START), policy, { atUs: 0, usedUs: sizeUs(policy) });
      expect(drained).toMatchObject({ tokensUs: 0, held: true });
      expect(usUntilReleased(drained, policy) / 1000).toBeCloseTo(ticks, 2);
    }
  });

  test('what a guest used while nobody looked is charged afterwards', () => {
    const policy = { ...QUARTER, size: 4000 };
    const bucket = drawn(fullBucket(policy, START), policy, { atUs: 20 * SECOND, usedUs: 15 * SECOND });
    expect(bucket).toMatchObject({ tokensUs: -6 * SECOND, held: true });
  });

  test('a counter that went back, and a clock that did, give and take nothing', () => {
    const bucket = drawn(fullBucket(QUARTER, START), QUARTER, { atUs: SECOND, usedUs: SECOND / 2 });
    expect(drawn(bucket, QUARTER, { atUs: SECOND / 2, usedUs: 0 }).tokensUs).toBe(bucket.tokensUs);
  });

  test('a year of idleness fills it and no more', () => {
    const policy = { ...PUBLISHED, size: 1_000_000 };
    const drained = drawn(fullBucket(policy, START), policy, { atUs: 0, usedUs: 2 * sizeUs(policy) });
    const filled = drawn(drained, policy, { atUs: 365 * 86_400 * SECOND, usedUs: drained.usedUs });
    expect(filled.tokensUs).toBe(sizeUs(policy));
  });
});

function readingsOf(steps: readonly { readonly elapsedUs: number; readonly busy: number }[]) {
  let now = START;
  return steps.map(({ elapsedUs, busy }) => {
    now = { atUs: now.atUs + elapsedUs, usedUs: now.usedUs + Math.floor(elapsedUs * busy) };
    return now;
  });
}

function bucketAfter(policy: BucketPolicy, steps: Parameters<typeof readingsOf>[0]): Bucket {
  return readingsOf(steps).reduce<Bucket>((bucket, now) => drawn(bucket, policy, now), fullBucket(policy, START));
}
