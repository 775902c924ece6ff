import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rateOf, sizeUs } from '../../src/limits/bucket.ts';
import { paceOf } from '../../src/limits/drive.ts';
import { planCpu } from '../../src/limits/quota.ts';
import { law } from '../devices/law.ts';
import { LEASE_MS, MS, type OnWrite, run, sum } from './kernel-pool.ts';
import { burstMs, DEEP, EMPTY, largestExcess, loads, outages, policies, STRICT, wantedIn } from './loads.ts';

/** Kernels that do not fill a quota up when it is written. */
const OTHERS: readonly OnWrite[] = ['caps', 'waits'];
const KERNELS: readonly OnWrite[] = ['fills', ...OTHERS];

const always = (cpus: number) => () => cpus;

describe.each(KERNELS)('where a burst is a raised quota and a written quota %s', (onWrite) => {
  const leased = { onWrite, bursts: 'lease' } as const;

  test.each([
    [1, 5333],
    [2, 2286],
  ])('with %d processors busy a full bucket lasts as long as the closed form says', (cpus, expectedMs) => {
    const used = run(DEEP, 12_000, { ...leased, wants: always(cpus) });
    expect(Math.abs(burstMs(used, cpus) - expectedMs)).toBeLessThanOrEqual(600);
    expect(sum(used)).toBeGreaterThan(0.95 * (4_000 * MS + 0.25 * 12_000 * MS));
  });

  test('from empty the share is the rate, within a percent over a minute', () => {
    const used = sum(run(DEEP, 60_000, { ...leased, wants: always(1), start: EMPTY }));
    expect(Math.abs(used - 15_000 * MS)).toBeLessThanOrEqual(150 * MS);
  });

  test('an outage changes nothing in the long run', () => {
    const outage = { fromMs: 10_000, ms: 20_000 };
    const used = run(DEEP, 120_000, { ...leased, wants: always(1), outage, start: EMPTY });
    expect(Math.abs(sum(used) - 30_000 * MS)).toBeLessThanOrEqual(300 * MS);
  });

  test('strictly held the share is the rate as well', () => {
    const used = sum(run(STRICT, 120_000, { ...leased, cpus: 1, wants: always(1), start: EMPTY }));
    expect(Math.abs(used - 30_000 * MS)).toBeLessThanOrEqual(700 * MS); // a threshold, which may be on its way
  });
});

test('by grants a kernel that does not fill a quota up gives no burst', () => {
  const used = sum(run(DEEP, 12_000, { onWrite: 'caps', wants: always(1) }));
  expect(used).toBeLessThan(1.1 * 0.25 * 12_000 * MS);
});

const leases = fc.tuple(policies, loads, fc.constantFrom(...KERNELS), outages);

law('in no window is more used than the bucket, its rate, and what a look comes too late for', leases, (drawn) => {
  const [policy, load, onWrite, drawnOutage] = drawn;
  const { by, quota } = planCpu(policy, 2, 'lease');
  if (by === 'kernel') return;
  const rate = rateOf(policy);
  const wanted = wantedIn(load, rate, quota.periodUs);
  const wants = (ms: number) => wanted[ms] ?? 0;
  const outage = policy.hold === 'smooth' ? drawnOutage : undefined;
  const used = run(policy, wanted.length, { onWrite, bursts: 'lease', wants, ...(outage && { outage }) });
  const { leastUs, doubtUs } = paceOf(quota, policy, 2, 1_000_000, 'lease');
  // The last look is so early that both processors use up what is left; a kernel that waits lowers it at the end of a period.
  const lookUs = outage === undefined ? 10 * MS : LEASE_MS * MS;
  const lateUs = (2 - rate) * (lookUs + (onWrite === 'waits' ? quota.periodUs : 0));
  const most = sizeUs(policy) + Math.max(0, lateUs - leastUs) + quota.quotaUs + (2 * quota.quotaUs - doubtUs) + 2 * MS;
  expect(largestExcess(used, rate)).toBeLessThanOrEqual(most);
});

const deaths = fc.tuple(
  policies,
  fc.integer({ min: 0, max: 4_000 }),
  fc.constantFrom(1, 2),
  fc.constantFrom(...KERNELS),
);

law('whenever its driver dies a guest goes on at its rate as soon as the lease ends', deaths, (drawn) => {
  const [policy, diesAtMs, cpus, onWrite] = drawn;
  const { by, quota } = planCpu(policy, 2, 'lease');
  if (by === 'kernel' || policy.hold === 'strict') return; // who may stand still is given its quota back by another way
  const rate = rateOf(policy);
  const used = run(policy, diesAtMs + 30_000, { onWrite, bursts: 'lease', wants: always(cpus), diesAtMs });
  const leaseUs = LEASE_MS * MS + (onWrite === 'waits' ? quota.periodUs : 0);
  const after = sum(used.slice(diesAtMs));
  expect(after).toBeLessThanOrEqual(rate * 30_000 * MS + (cpus - rate) * leaseUs + 2 * quota.quotaUs);
});
