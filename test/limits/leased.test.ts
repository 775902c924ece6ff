import { expect, test } from 'vitest';
import { withoutLease } from '../../src/limits/leased.ts';

const LEASED = { quota: { quotaUs: 25_000, periodUs: 100_000, burstUs: 0 }, mostUs: 200_000 };

test.each([
  [{ 'cpu.max': '200000 100000' }, { 'cpu.max': '25000 100000' }],
  [{ 'cpu.cfs_quota_us': '150000' }, { 'cpu.cfs_quota_us': '25000' }],
])('%j of a leased quota is what it will be again', (values, without) => {
  expect(withoutLease({ ...values, 'pids.max': '9' }, LEASED)).toEqual({ ...without, 'pids.max': '9' });
});

test.each([
  { 'cpu.max': '25000 100000' },
  { 'cpu.max': '20000 100000' },
  { 'cpu.max': '200001 100000' },
  { 'cpu.max': '200000 50000' },
  { 'cpu.max': 'max 100000' },
  { 'cpu.cfs_quota_us': '-1' },
  { 'cpu.cfs_quota_us': '200001' },
])('%j is nobody’s who leases', (values) => {
  expect(withoutLease(values, LEASED)).toEqual(values);
});

test('where nothing is leased every value is what it is', () => {
  expect(withoutLease({ 'cpu.max': '200000 100000' }, undefined)).toEqual({ 'cpu.max': '200000 100000' });
});
