import { expect, test } from 'vitest';
import { nextRepairAt, recentRepairs, repairsIn } from '../../src/limits/repairs.ts';

test('a write is a repair where the file held the value when all was as it should be', () => {
  const writes = [
    { file: 'memory.max', value: '512' },
    { file: 'pids.max', value: '100' },
  ] as const;
  const settled = { 'memory.max': '512', 'pids.max': '50' };
  expect(repairsIn(writes, settled, { 'memory.max': 'max', 'pids.max': '50' })).toEqual([writes[0]]);
});

test('and not where the kernel made something else of it', () => {
  const period = { file: 'cpu.cfs_period_us', value: '5000' } as const;
  expect(repairsIn([period], { 'cpu.cfs_period_us': '5000' }, { 'cpu.cfs_period_us': '5000' })).toEqual([]);
});

test('three repairs in a minute are made, the fourth when the first of them is a minute ago', () => {
  expect(nextRepairAt([], 0)).toBeUndefined();
  expect(nextRepairAt([1_000, 2_000], 3_000)).toBeUndefined();
  expect(nextRepairAt([1_000, 2_000, 3_000], 4_000)).toBe(61_000);
  expect(nextRepairAt([1_000, 2_000, 3_000], 61_000)).toBeUndefined();
});

test('repairs of more than a minute ago are forgotten', () => {
  expect(recentRepairs([1_000, 2_000], 61_500)).toEqual([2_000]);
});
