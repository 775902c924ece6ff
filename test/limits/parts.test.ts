import { expect, test } from 'vitest';
import { partsOf, withPart } from '../../src/limits/parts.ts';
import { planLimits } from '../../src/limits/plan.ts';
import { policy } from './policy.ts';

const HOST = { hierarchy: 'v1', cpus: 2 } as const;
const VALUES = { 'memory.limit_in_bytes': '9223372036854771712', 'pids.max': 'max', 'blkio.bfq.weight': '100' };

test('a plan is written by resource, memory last, each with what is to be kept and given back of it', () => {
  const question = { policy: policy({ memory: { limit: 4096 }, processes: 7 }), host: HOST, values: VALUES };
  const plan = planLimits({ ...question, before: { 'blkio.bfq.weight': '500' } });
  expect(partsOf(plan)).toEqual([
    {
      resource: 'processes',
      writes: [{ file: 'pids.max', value: '7' }],
      settled: { 'pids.max': '7' },
      before: { 'pids.max': 'max' },
      left: { 'pids.max': 'max' },
    },
    {
      resource: 'io',
      writes: [{ file: 'blkio.bfq.weight', value: '500' }],
      settled: {},
      before: { 'blkio.bfq.weight': '500' },
      left: {},
    },
    {
      resource: 'memory',
      writes: [{ file: 'memory.limit_in_bytes', value: '4096' }],
      settled: { 'memory.limit_in_bytes': '4096' },
      before: { 'memory.limit_in_bytes': '9223372036854771712' },
      left: { 'memory.limit_in_bytes': '9223372036854771712' },
    },
  ]);
});

test('a plan that says nothing has no parts', () => {
  expect(partsOf(planLimits({ host: HOST, values: VALUES, before: {} }))).toEqual([]);
});

test('a part takes the place of what there was of its resource, and of nothing else', () => {
  const values = { 'memory.max': '1', 'memory.high': '2', 'cpu.max': '3' };
  expect(withPart(values, 'memory', { 'memory.max': '4' })).toEqual({ 'memory.max': '4', 'cpu.max': '3' });
});
