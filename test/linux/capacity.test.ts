import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allowedCpus, hostCapacity, memoryInfo, onlineCpus } from '../../src/linux/capacity.ts';

const SOURCE = join(import.meta.dirname, '../../src/linux/capacity.ts');

test('a host has what the kernel says', () => {
  const [, kib] = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  const { cpus, ramBytes, swapBytes, processes } = hostCapacity();
  expect({ cpus, ramBytes }).toEqual({ cpus: onlineCpus(), ramBytes: Number(kib) * 1024 });
  expect(swapBytes).toBeGreaterThanOrEqual(0);
  expect(processes).toBeLessThanOrEqual(Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')));
  expect(processes).toBeGreaterThan(100);
});

test('processors are those of the host, also for an agent that may use only one', () => {
  const program = `import { hostCapacity } from ${JSON.stringify(SOURCE)}; console.log(hostCapacity().cpus);`;
  const node = [process.execPath, '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync('taskset', ['-c', '0', ...node], { encoding: 'utf8' });
  expect(Number(stdout), stderr).toBe(onlineCpus());
});

test.each([
  ['0\n', 1],
  ['0-3\n', 4],
  ['0-1,4,6-7\n', 5],
])('%j are so many processors', (list, count) => {
  expect(onlineCpus(list)).toBe(count);
});

test('a process may run on what it was bound to, and on nothing that the host does not have', () => {
  const all = allowedCpus(undefined);
  expect(all).toHaveLength(onlineCpus());
  expect(allowedCpus(1 << 22)).toEqual(all);
  const program = `import { allowedCpus } from ${JSON.stringify(SOURCE)}; console.log(...allowedCpus(process.pid));`;
  const node = [process.execPath, '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync('taskset', ['-c', '0', ...node], { encoding: 'utf8' });
  expect(stdout, stderr).toBe('0\n');
});

test('amounts of memory are bytes; what a kernel does not have is nothing', () => {
  const text = 'MemTotal:        4039100 kB\nSwapTotal:             0 kB\n';
  expect(memoryInfo('MemTotal', text)).toBe(4_039_100 * 1024);
  expect(memoryInfo('SwapTotal', text)).toBe(0);
  expect(memoryInfo('SwapFree', text)).toBe(0);
});
