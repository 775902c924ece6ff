import { expect, test } from 'vitest';
import { smallLimits } from '../../src/model/small-limits.ts';
import { policy } from '../limits/policy.ts';

const MiB = 2 ** 20;

test('usual limits leave nothing to say, and neither does a policy without any', () => {
  expect(smallLimits(policy())).toEqual([]);
  const data = { limit: 640 * MiB, enforce: 'data' } as const;
  const memory = { limit: 32 * MiB, low: 32 * MiB, addressSpace: data };
  expect(smallLimits(policy({ memory, processes: 30 }))).toEqual([]);
});

test.each([
  [
    policy({ memory: { limit: 16 * MiB } }),
    'memory.rss.limit: systemd does not come up with 16MiB; where it is its init write at least 32MiB',
  ],
  [
    policy({ processes: 29 }),
    'processes.limit: systemd and its services hardly come up with 29 processes; where it is its init write at least 30',
  ],
  [
    policy({ memory: { addressSpace: { limit: 128 * MiB, enforce: 'data' } } }),
    'memory.as.limit: with 128MiB of data node 24 does not start; where it is to run write at least 640MiB',
  ],
  [
    policy({ memory: { limit: 32 * MiB }, processes: 4096 }),
    'processes.limit: half of 4096 processes need 80MiB for the kernel alone, and memory.rss.limit is 32MiB; write fewer processes, or more memory',
  ],
])('%o is too little', (small, says) => {
  expect(smallLimits(small)).toEqual([{ place: small.place, code: 'W_CONFIG_SMALL', says }]);
});

test('address space that is enforced by swap is no limit of data', () => {
  expect(smallLimits(policy({ memory: { addressSpace: { limit: 64 * MiB, enforce: 'swap' } } }))).toEqual([]);
});
