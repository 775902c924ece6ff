import { expect, test } from 'vitest';
import { rateOf, sizeUs, usUntilReleased } from '../../src/limits/bucket.ts';
import { planCpu } from '../../src/limits/quota.ts';
import { onProcessors } from '../../src/limits/scope.ts';
import type { BucketPolicy } from '../../src/model/policy.ts';
import { policy, QUARTER } from './policy.ts';

const EACH: BucketPolicy = { ...QUARTER, threshold: 62, idle: { rate: 1, interval: 8 }, scope: 'cpu' };

function bucketOn(bucket: BucketPolicy, cpus: number): BucketPolicy | undefined {
  return onProcessors(policy({ cpu: { guarantee: false, bucket } }), cpus).cpu.bucket;
}

test("VServer's default of each of four processors is one processor, bursts of two seconds and four times the idle share", () => {
  const all = bucketOn(EACH, 4);
  expect(all).toEqual({ ...QUARTER, rate: 4, size: 2000, threshold: 248, idle: { rate: 4, interval: 8 } });
});

test('a full bucket lasts as long on all processors as that of one on one, and so does a hold', () => {
  const [one, four] = [bucketOn(EACH, 1), bucketOn(EACH, 4)];
  if (one === undefined || four === undefined) throw new Error('there is none');
  const burst = (bucket: BucketPolicy, cpus: number) => sizeUs(bucket) / (cpus - rateOf(bucket));
  expect(burst(four, 4)).toBe(burst(one, 1));
  const held = { tokensUs: 0, remainder: 0, held: true, atUs: 0, usedUs: 0 };
  expect(usUntilReleased(held, four)).toBe(usUntilReleased(held, one));
});

test('what the kernel can keep of one processor it can keep of many', () => {
  expect(planCpu(bucketOn({ ...QUARTER, scope: 'cpu' }, 8) ?? QUARTER, 8)).toEqual({
    by: 'kernel',
    quota: { quotaUs: 2_000_000, periodUs: 1_000_000, burstUs: 2_000_000 },
  });
});

test('a bucket for the guest is the same wherever it runs', () => {
  const plain = policy({ cpu: { guarantee: false, bucket: QUARTER } });
  expect(onProcessors(plain, 4)).toBe(plain);
});
