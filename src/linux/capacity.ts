import { readFileSync } from 'node:fs';
import type { HostCapacity } from '../model/capacity.ts';

/** Read anew each time: swap, memory and processors come and go. Needs no privilege. */
export function hostCapacity(): HostCapacity {
  return {
    cpus: onlineCpus(),
    ramBytes: memoryInfo('MemTotal'),
    swapBytes: memoryInfo('SwapTotal'),
    processes: Math.min(kernelNumber('pid_max'), kernelNumber('threads-max')),
  };
}

/** Those of the host, of which the agent itself may be allowed only some. */
export function onlineCpus(list = readFileSync('/sys/devices/system/cpu/online', 'utf8')): number {
  const ranges = list
    .trim()
    .split(',')
    .map((range) => range.split('-').map(Number));
  return ranges.reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
}

/** A field of /proc/meminfo, which counts in KiB, in bytes. */
export function memoryInfo(field: 'MemTotal' | 'SwapTotal' | 'SwapFree', text = meminfo()): number {
  const line = text.split('\n').find((one) => one.startsWith(`${field}:`));
  const [, amount = 0] = /(\d+) kB$/.exec(line ?? '') ?? [];
  return Number(amount) * 1024;
}

function meminfo(): string {
  return readFileSync('/proc/meminfo', 'utf8');
}

function kernelNumber(name: string): number {
  return Number(readFileSync(`/proc/sys/kernel/${name}`, 'utf8'));
}
