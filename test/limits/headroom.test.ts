import { expect, test } from 'vitest';
import { desireLimits } from '../../src/limits/desire.ts';
import { withHeadroom } from '../../src/limits/headroom.ts';
import { policy } from './policy.ts';

const MiB = 2 ** 20;
const HOST = { hierarchy: 'v2', cpus: 2 } as const;
const SMALL = policy({
  memory: { barrier: 48 * MiB, limit: 64 * MiB, addressSpace: { limit: 96 * MiB, enforce: 'swap' }, oom: 'process' },
});

test('more memory is a higher limit and a higher barrier, and the same swap', () => {
  expect(desireLimits(withHeadroom(SMALL, 16 * MiB), HOST)).toEqual({
    ...desireLimits(SMALL, HOST),
    'memory.high': `${64 * MiB}`,
    'memory.max': `${80 * MiB}`,
  });
});

test('none is what the policy says, also where it says nothing', () => {
  expect(withHeadroom(SMALL, 0)).toBe(SMALL);
  const free = policy({ memory: { oom: 'process' } });
  expect(withHeadroom(free, 16 * MiB)).toBe(free);
});

test('what each process may have of its own stays', () => {
  const addressSpace = { limit: 96 * MiB, enforce: 'data' } as const;
  const byData = policy({ memory: { limit: 64 * MiB, addressSpace, oom: 'process' } });
  expect(withHeadroom(byData, 16 * MiB).memory.addressSpace).toEqual(addressSpace);
});
