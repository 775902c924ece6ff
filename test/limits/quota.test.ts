import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rateOf, sizeUs } from '../../src/limits/bucket.ts';
import { planCpu } from '../../src/limits/quota.ts';
import type { BucketPolicy } from '../../src/model/policy.ts';
import { law } from '../devices/law.ts';
import { QUARTER } from './policy.ts';

test("the kernel keeps VServer's own default by itself", () => {
  expect(planCpu({ ...QUARTER, threshold: 62 }, 2)).toEqual({
    by: 'kernel',
    quota: { quotaUs: 250_000, periodUs: 1_000_000, burstUs: 250_000 },
  });
});

test('it keeps two seconds of any rate in a period of a second, also of one that is no fraction of two', () => {
  expect(planCpu({ ...QUARTER, rate: 82, interval: 5, size: 32_800 }, 82)).toEqual({
    by: 'kernel',
    quota: { quotaUs: 16_400_000, periodUs: 1_000_000, burstUs: 16_400_000 },
  });
});

test('a smaller bucket has a shorter period', () => {
  expect(planCpu({ ...QUARTER, size: 400 }, 2)).toEqual({
    by: 'kernel',
    quota: { quotaUs: 200_000, periodUs: 800_000, burstUs: 200_000 },
  });
});

test('a deeper one needs the ledger, above a quota that is the rate', () => {
  expect(planCpu({ ...QUARTER, size: 4000 }, 2)).toEqual({
    by: 'ledger',
    quota: { quotaUs: 87_500, periodUs: 350_000, burstUs: 0 }, // lasts 50 ms on two processors
    why: 'the kernel saves up 500 ms at most at this rate',
  });
});

test('a guest that is to stand still until it has so many tokens needs the ledger', () => {
  expect(planCpu({ ...QUARTER, threshold: 50, hold: 'strict' }, 2)).toMatchObject({ by: 'ledger' });
  expect(planCpu({ ...QUARTER, threshold: 0, hold: 'strict' }, 2)).toMatchObject({ by: 'kernel' });
  expect(planCpu({ ...QUARTER, refill: 'lump' }, 2)).toMatchObject({ by: 'ledger' });
});

test('what others leave idle needs the ledger, whatever the bucket', () => {
  expect(planCpu({ ...QUARTER, idle: { rate: 1, interval: 8 } }, 1)).toEqual({
    by: 'ledger',
    quota: { quotaUs: 37_500, periodUs: 150_000, burstUs: 0 },
    why: 'the kernel gives nothing above a quota, however idle others are',
  });
});

test('a rate too small for a usual period has a longer one', () => {
  expect(planCpu({ ...QUARTER, rate: 1, interval: 1000, size: 4000 }, 2)).toMatchObject({
    by: 'ledger',
    quota: { quotaUs: 1000, periodUs: 1_000_000 },
  });
});

const policies: fc.Arbitrary<BucketPolicy> = fc.record({
  rate: fc.integer({ min: 1, max: 1000 }),
  interval: fc.integer({ min: 1, max: 1000 }),
  tickUs: fc.constantFrom(1000, 4000, 10_000),
  size: fc.integer({ min: 1, max: 100_000 }),
  threshold: fc.constant(0),
  hold: fc.constantFrom('smooth' as const, 'strict' as const),
  refill: fc.constantFrom('steady' as const, 'lump' as const),
});

law('whatever the bucket, the kernel takes the quota, and it gives the rate and no more', policies, (policy) => {
  fc.pre(rateOf(policy) >= 0.001);
  const { by, quota } = planCpu(policy, 2);
  expect(Object.values(quota).every(Number.isInteger)).toBe(true);
  expect(quota.periodUs).toBeGreaterThanOrEqual(1000);
  expect(quota.periodUs).toBeLessThanOrEqual(1_000_000);
  expect(quota.quotaUs).toBeGreaterThanOrEqual(1000);
  expect(quota.burstUs).toBeLessThanOrEqual(quota.quotaUs);
  const share = quota.quotaUs / quota.periodUs / rateOf(policy);
  expect(share).toBeLessThanOrEqual(1 + 1e-12);
  expect(share).toBeGreaterThan(0.998);
  if (by === 'kernel') expect(sizeUs(policy) - quota.quotaUs - quota.burstUs).toBeLessThanOrEqual(1);
});

law(
  'a guest that is to stand still never has more than half of its bucket in two quotas, unless its bucket is as small as what it earns in 0.4 s',
  fc.record({
    rate: fc.integer({ min: 1, max: 8 }),
    interval: fc.integer({ min: 8, max: 64 }),
    size: fc.integer({ min: 10, max: 5_000 }),
  }),
  (drawn) => {
    const bucket: BucketPolicy = { ...QUARTER, ...drawn, threshold: 5, hold: 'strict' };
    const { by, quota } = planCpu(bucket, 4);
    expect(by).toBe('ledger');
    if (sizeUs(bucket) > 400_000 * rateOf(bucket) && sizeUs(bucket) >= 4_000)
      expect(2 * quota.quotaUs).toBeLessThanOrEqual(sizeUs(bucket) / 2);
  },
);
