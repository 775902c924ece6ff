import { expect, test } from 'vitest';
import { planLimits } from '../../src/limits/plan.ts';
import { policy } from './policy.ts';

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
