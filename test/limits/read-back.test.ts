import { expect, test } from 'vitest';
import { asMeant, deviations, writtenAfter } from '../../src/limits/read-back.ts';

const written = writtenAfter({}, [{ file: 'cpu.max', value: '1000 10000' }], { 'cpu.max': '2000 20000' });

test('what the kernel made of our value counts as our value', () => {
  expect(asMeant({ 'cpu.max': '2000 20000', 'pids.max': '7' }, written)).toEqual({
    'cpu.max': '1000 10000',
    'pids.max': '7',
  });
});

test('what somebody else made of it does not', () => {
  expect(asMeant({ 'cpu.max': '4000 20000' }, written)).toEqual({ 'cpu.max': '4000 20000' });
});

const QUOTA = {
  'cpu.max': { value: '10000 5000', holds: '10000 5000' },
  'cpu.max.burst': { value: '3000', holds: '3000' },
};

test('a period that the kernel makes longer later, with as much more in it, counts as ours', () => {
  const meant = { 'cpu.max': '10000 5000', 'cpu.max.burst': '3000' };
  expect(asMeant({ 'cpu.max': '20000 10000', 'cpu.max.burst': '6000' }, QUOTA)).toEqual(meant);
  expect(asMeant({ 'cpu.max': '80000 40000', 'cpu.max.burst': '24000' }, QUOTA)).toEqual(meant);
  const v1 = {
    'cpu.cfs_quota_us': { value: '10000', holds: '10000' },
    'cpu.cfs_period_us': { value: '5000', holds: '5000' },
  };
  expect(asMeant({ 'cpu.cfs_quota_us': '20000', 'cpu.cfs_period_us': '10000' }, v1)).toEqual({
    'cpu.cfs_quota_us': '10000',
    'cpu.cfs_period_us': '5000',
  });
  const other = { 'cpu.cfs_quota_us': '10000', 'cpu.cfs_period_us': '10000' }; // half the rate is nobody's rounding
  expect(asMeant(other, v1)['cpu.cfs_period_us']).toBe('10000');
});

test.each(['30000 15000', '20000 5000', '10000 10000', '5000 2500', 'max 10000'])(
  '%s is not what the kernel makes of 10000 5000',
  (held) => {
    expect(asMeant({ 'cpu.max': held }, QUOTA)).toEqual({ 'cpu.max': held });
  },
);

test('memory that is twice as much is not the kernel’s doing', () => {
  const written = { ...QUOTA, 'memory.max': { value: '4096', holds: '4096' } };
  expect(asMeant({ 'cpu.max': '20000 10000', 'memory.max': '8192' }, written)['memory.max']).toBe('8192');
});

test('what somebody made of it before anybody looked does not either', () => {
  const late = writtenAfter({}, [{ file: 'memory.max', value: '4096' }], { 'memory.max': 'max' });
  expect(asMeant({ 'memory.max': 'max' }, late)).toEqual({ 'memory.max': 'max' });
  expect(deviations(late)).toEqual([]);
});

test('what the kernel took as it was is no deviation, of what it did not both are told', () => {
  const both = writtenAfter(written, [{ file: 'pids.max', value: '7' }], { 'pids.max': '7' });
  expect(deviations(both)).toEqual(['cpu.max holds 2000 20000 and not 1000 10000']);
});
