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
export function onlineCpus(list = onlineList()): number {
  return listedCpus(list).length;
}

/** Those on which a process may run; the host's where it has ended, or none is named. */
export function allowedCpus(pid: number | undefined): readonly number[] {
  const online = listedCpus(onlineList());
  const allowed = pid === undefined ? [] : listedCpus(allowedList(pid));
  // Who may run on all may also run on those that are not there.
  const both = online.filter((cpu) => allowed.includes(cpu));
  return both.length === 0 ? online : both;
}

/** `0-1,4` */
function listedCpus(list: string): readonly number[] {
  const ranges = list.trim().split(',').filter(Boolean);
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

function onlineList(): string {
  return readFileSync('/sys/devices/system/cpu/online', 'utf8');
}

function allowedList(pid: number): string {
  try {
    const [, list = ''] = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return list;
  } catch {
    return '';
  }
}

/** A field of /proc/meminfo, which counts in KiB, in bytes. */
export function memoryInfo(field: 'MemTotal' | 'MemAvailable' | 'SwapTotal' | 'SwapFree', text = meminfo()): number {
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
