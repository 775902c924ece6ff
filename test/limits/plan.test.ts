import { describe, expect, test } from 'vitest';
import { planLimits } from '../../src/limits/plan.ts';
import { policy, QUARTER } from './policy.ts';

const HOST = { hierarchy: 'v2', cpus: 2 } as const;
const NOTHING = { 'memory.max': 'max', 'memory.high': 'max', 'pids.max': 'max', 'cpu.weight': '100' };
const SMALL = policy({ memory: { limit: 512 * 1024 * 1024, oom: 'process' }, processes: 100 });

test('what a policy says is written, and what was there before is remembered', () => {
  const plan = planLimits({ policy: SMALL, host: HOST, values: NOTHING, before: {} });
  expect(plan.writes).toEqual([
    { file: 'memory.max', value: '536870912' },
    { file: 'pids.max', value: '100' },
  ]);
  expect(plan.before).toEqual({ 'memory.max': 'max', 'pids.max': 'max' });
});

test('what is there already is not written, and still remembered as it was', () => {
  const values = { ...NOTHING, 'memory.max': '536870912', 'pids.max': '100' };
  const before = { 'memory.max': 'max', 'pids.max': '4096' };
  const plan = planLimits({ policy: SMALL, host: HOST, values, before });
  expect(plan.writes).toEqual([]);
  expect(plan.before).toEqual(before);
  expect(plan.left).toEqual(before);
});

test('what a policy says no more is as it was before, and then forgotten', () => {
  const values = { ...NOTHING, 'memory.max': '536870912', 'pids.max': '100' };
  const before = { 'memory.max': '1073741824', 'pids.max': '4096' };
  const plan = planLimits({ policy: policy({ processes: 100 }), host: HOST, values, before });
  expect(plan.writes).toEqual([{ file: 'memory.max', value: '1073741824' }]);
  expect(plan.before).toEqual(before); // until it is written
  expect(plan.left).toEqual({ 'pids.max': '4096' });
});

test('a guest that no policy speaks of any more has everything back', () => {
  const values = { ...NOTHING, 'memory.max': '536870912' };
  const plan = planLimits({ host: HOST, values, before: { 'memory.max': 'max' } });
  expect(plan.writes).toEqual([{ file: 'memory.max', value: 'max' }]);
  expect(plan.left).toEqual({});
});

test('a guest that no policy ever spoke of is left alone', () => {
  expect(planLimits({ host: HOST, values: NOTHING, before: {} })).toEqual({
    writes: [],
    absent: [],
    settled: {},
    before: {},
    left: {},
  });
});

test('a file that this host does not have is named, and the others are written', () => {
  const plan = planLimits({ policy: SMALL, host: HOST, values: { 'pids.max': 'max' }, before: {} });
  expect(plan.absent).toEqual(['memory.max']);
  expect(plan.writes).toEqual([{ file: 'pids.max', value: '100' }]);
});

describe('where the kernel made a period longer', () => {
  const whole = policy({ cpu: { guarantee: false, bucket: { ...QUARTER, rate: 1, interval: 1, size: 10 } } });
  const less = policy({ cpu: { guarantee: false, bucket: { ...QUARTER, rate: 4, interval: 5, size: 8 } } });
  const v1 = { hierarchy: 'v1', cpus: 2 } as const;
  const onV1 = (us: string) => ({ 'cpu.cfs_quota_us': us, 'cpu.cfs_period_us': us, 'cpu.cfs_burst_us': us });
  const onV2 = (us: string) => ({ 'cpu.max': `${us} ${us}`, 'cpu.max.burst': us });

  test('nothing is written while its quota is as it shall be', () => {
    const question = { policy: whole, host: v1, values: onV1('5000'), made: onV1('10000'), before: {} };
    expect(planLimits(question).writes).toEqual([]);
  });

  test('another quota is written with its own period: in the longer one it would be half of the rate', () => {
    const question = { policy: less, host: v1, values: onV1('5000'), made: onV1('10000'), before: {} };
    expect(planLimits(question).writes).toEqual([
      { file: 'cpu.cfs_burst_us', value: '0' },
      { file: 'cpu.cfs_quota_us', value: '4000' },
      { file: 'cpu.cfs_period_us', value: '5000' },
      { file: 'cpu.cfs_burst_us', value: '4000' },
    ]);
  });

  test('and its burst, which the kernel made larger, is out of the way before', () => {
    const twice = policy({ cpu: { guarantee: false, bucket: { ...QUARTER, rate: 2, interval: 1, size: 10 } } });
    const question = { policy: twice, host: HOST, values: onV2('5000'), made: onV2('10000'), before: {} };
    expect(planLimits(question).writes).toEqual([
      { file: 'cpu.max.burst', value: '0' },
      { file: 'cpu.max', value: '5000 2500' },
      { file: 'cpu.max.burst', value: '5000' },
    ]);
  });

  test('a guest of which no policy speaks any more has the period back, too', () => {
    const before = { 'cpu.cfs_quota_us': '-1', 'cpu.cfs_period_us': '5000', 'cpu.cfs_burst_us': '0' };
    const question = { host: v1, values: onV1('5000'), made: onV1('10000'), before };
    expect(planLimits(question).writes).toContainEqual({ file: 'cpu.cfs_period_us', value: '5000' });
  });
});
