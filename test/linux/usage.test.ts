import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { devicesHierarchy, hostControllers } from '../../src/linux/controllers.ts';
import { hostIdleUs, hostTime, processUsage } from '../../src/linux/usage.ts';

const reader = processUsage(hostControllers(), devicesHierarchy());

test('the host has all its processes, this one among them', async () => {
  const used = await reader.host();
  expect(used.processes).toBeGreaterThan(1);
  expect(used.residentBytes).toBeGreaterThan(process.memoryUsage().rss / 2);
  expect(used.virtualBytes).toBeGreaterThan(used.residentBytes);
  const uptimeMs = Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000;
  expect(Math.abs(used.uptimeMs - uptimeMs)).toBeLessThan(5000);
});

test('time in programs is user and nice, time in the kernel is system and both kinds of interrupts', () => {
  expect(hostTime('cpu  100 20 30 4000 50 6 7 0 0 0\ncpu0 1 1 1 1\n')).toEqual({
    userUs: 1_200_000,
    systemUs: 430_000,
  });
});

test('a processor is idle, too, while a disk is waited for', () => {
  expect(hostIdleUs('cpu  100 20 30 4000 50 6 7 0 0 0\ncpu0 1 1 1 1\n')).toBe(40_500_000);
  expect(hostIdleUs(readFileSync('/proc/stat', 'utf8'))).toBeGreaterThan(0);
});

test('a guest that has ended uses nothing that could be told', async () => {
  expect(await reader.guest({ pid: 1 << 22, startTime: '1', cgroup: '/hostler-nobody' })).toBeUndefined();
});
