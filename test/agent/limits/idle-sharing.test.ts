import { expect, test } from 'vitest';
import { sizeUs } from '../../../src/limits/bucket.ts';
import { planCpu } from '../../../src/limits/quota.ts';
import type { BucketPolicy } from '../../../src/model/policy.ts';
import { Pool } from '../../limits/kernel-pool.ts';
import { QUARTER } from '../../limits/policy.ts';
import { type Busy, busy } from './busy-guest.ts';

const EIGHTH: BucketPolicy = { ...QUARTER, idle: { rate: 1, interval: 8 } };
const CPUS = 2;
/** In a millisecond, when others want all that there is. */
const LEAST_US = 300;

/** What the guest used, processors, that wants one while others want so many: its quota, and grants, let it have that. */
async function shareOf(made: Busy, pool: Pool, others: number, ms: number): Promise<number> {
  const cpu = made.machine.guests.get('web1')?.cpu;
  const before = pool.total;
  for (let at = 0; at < ms; at += 1) {
    const [grants, throttles] = [made.grants(), pool.throttles];
    pool.tick(made.machine.clock.now() * 1000);
    const leftUs = Math.max(0, CPUS - others) * 1000;
    const us = pool.take(Math.min(1000, Math.max(LEAST_US, leftUs)));
    made.machine.idleUs += Math.max(0, leftUs - us);
    if (cpu) Object.assign(cpu, { usedUs: pool.total, throttles: pool.throttles });
    if (pool.throttles > throttles) made.machine.fileChanged('web1', 'cpu.pressure');
    await made.machine.clock.pass(1);
    if (made.grants() > grants) pool.write(pool.quota.quotaUs);
  }
  return (pool.total - before) / ms / 1000;
}

async function drained(bucket: BucketPolicy): Promise<{ readonly made: Busy; readonly pool: Pool }> {
  const made = await busy(bucket);
  const pool = new Pool(planCpu(bucket, CPUS).quota);
  pool.total = sizeUs(bucket);
  await shareOf(made, pool, CPUS, 1_000);
  return { made, pool };
}

test('a drained guest has what others leave idle, and its rate as soon as they want that', async () => {
  const { made, pool } = await drained(EIGHTH);
  expect(await shareOf(made, pool, CPUS, 5_000)).toBeCloseTo(0.25, 1);
  await shareOf(made, pool, 1, 1_000);
  expect(await shareOf(made, pool, 1, 5_000)).toBeGreaterThan(0.9);
  expect(await shareOf(made, pool, 1.4, 5_000)).toBeCloseTo(0.56, 1);
  await shareOf(made, pool, CPUS, 1_000);
  expect(await shareOf(made, pool, CPUS, 5_000)).toBeCloseTo(0.25, 1);
});

test('one without a share of it has its rate, however idle others are', async () => {
  const { made, pool } = await drained({ ...QUARTER, refill: 'lump' });
  expect(await shareOf(made, pool, 0, 5_000)).toBeCloseTo(0.25, 1);
});

test('when it wants no more nobody looks, and what it did not use is gone', async () => {
  const { made, pool } = await drained(EIGHTH);
  await shareOf(made, pool, 1, 5_000);
  made.machine.idleUs += 10_000_000;
  await made.machine.clock.pass(5_000);
  const looks = made.looks();
  await made.machine.clock.pass(60_000);
  expect(made.looks()).toBe(looks);
});
