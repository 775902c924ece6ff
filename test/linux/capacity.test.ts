import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { hostCapacity, memoryInfo } from '../../src/linux/capacity.ts';

test('a host has what the kernel says', () => {
  const [, kib] = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  const { cpus, ramBytes, swapBytes, processes } = hostCapacity();
  expect({ cpus, ramBytes }).toEqual({ cpus: availableParallelism(), ramBytes: Number(kib) * 1024 });
  expect(swapBytes).toBeGreaterThanOrEqual(0);
  expect(processes).toBeLessThanOrEqual(Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')));
  expect(processes).toBeGreaterThan(100);
});

test('amounts of memory are bytes; what a kernel does not have is nothing', () => {
  const text = 'MemTotal:        4039100 kB\nSwapTotal:             0 kB\n';
  expect(memoryInfo('MemTotal', text)).toBe(4_039_100 * 1024);
  expect(memoryInfo('SwapTotal', text)).toBe(0);
  expect(memoryInfo('SwapFree', text)).toBe(0);
});
