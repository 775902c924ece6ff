import { expect, test } from 'vitest';
import { desireLimits } from '../../src/limits/desire.ts';
import type { Policy } from '../../src/model/policy.ts';
import { policy } from './policy.ts';

const MiB = 2 ** 20;
const NOTHING = policy();
const EVERYTHING: Policy = {
  ...NOTHING,
  memory: {
    barrier: 384 * MiB,
    limit: 512 * MiB,
    low: 64 * MiB,
    min: 32 * MiB,
    oom: 'guest',
    addressSpace: { limit: 768 * MiB, enforce: 'swap' },
  },
  cpu: {
    bucket: { rate: 1, interval: 4, tickUs: 1000, size: 500, threshold: 50, hold: 'smooth', refill: 'steady' },
    guarantee: true,
    weight: 50,
  },
  processes: 512,
  io: { weight: 10, disks: [] },
};

test('a policy that says nothing wants nothing', () => {
  expect(desireLimits(NOTHING, { hierarchy: 'v1', cpus: 2 })).toEqual({});
  expect(desireLimits(NOTHING, { hierarchy: 'v2', cpus: 2 })).toEqual({});
});

test('cgroup v2 has a file for everything', () => {
  expect(desireLimits(EVERYTHING, { hierarchy: 'v2', cpus: 2 })).toEqual({
    'memory.min': `${32 * MiB}`,
    'memory.low': `${64 * MiB}`,
    'memory.high': `${384 * MiB}`,
    'memory.max': `${512 * MiB}`,
    'memory.swap.max': `${256 * MiB}`,
    'memory.oom.group': '1',
    'cpu.max': '250000 1000000',
    'cpu.max.burst': '250000',
    'cpu.weight': '1250',
    'io.weight': 'default 10',
    'pids.max': '512',
  });
});

test('cgroup v1 has memory and swap as one, and a period of its own; what it does not have is wanted all the same', () => {
  expect(desireLimits(EVERYTHING, { hierarchy: 'v1', cpus: 2 })).toEqual({
    'memory.min': `${32 * MiB}`,
    'memory.low': `${64 * MiB}`,
    'memory.oom.group': '1',
    'memory.soft_limit_in_bytes': `${384 * MiB}`,
    'memory.limit_in_bytes': `${512 * MiB}`,
    'memory.memsw.limit_in_bytes': `${768 * MiB}`,
    'cpu.cfs_quota_us': '250000',
    'cpu.cfs_period_us': '1000000',
    'cpu.cfs_burst_us': '250000',
    'cpu.shares': '12800',
    'blkio.bfq.weight': '10',
    'pids.max': '512',
  });
});

test('address space by data is no swap limit', () => {
  const hard: Policy = {
    ...NOTHING,
    memory: { limit: 512 * MiB, oom: 'process', addressSpace: { limit: 768 * MiB, enforce: 'data' } },
  };
  expect(desireLimits(hard, { hierarchy: 'v2', cpus: 2 })).toEqual({ 'memory.max': `${512 * MiB}` });
});

test('an amount that is no whole number of pages is what the kernel makes of it', () => {
  expect(desireLimits({ ...NOTHING, memory: { limit: 10_000, oom: 'process' } }, { hierarchy: 'v2', cpus: 2 })).toEqual(
    {
      'memory.max': '8192',
    },
  );
});

test.each([
  [true, 2, undefined, '1250', 'a quarter of one of two processors, of 10000'],
  [true, 1, undefined, '2500', 'a quarter of the only one'],
  [true, 2, 4000, '4000', 'it has a higher one'],
  [false, 2, 50, '50', 'nothing is guaranteed'],
  [false, 2, undefined, undefined, 'nothing is said'],
] as const)(
  'guarantee %s on %d processors with the weight %s: cpu.weight is %s, since %s',
  (guarantee, cpus, weight, is, _why) => {
    const cpu = { ...EVERYTHING.cpu, guarantee };
    const { weight: _, ...weightless } = cpu;
    const wanted = policy({ cpu: weight === undefined ? weightless : { ...cpu, weight } });
    expect(desireLimits(wanted, { hierarchy: 'v2', cpus })['cpu.weight']).toBe(is);
  },
);
