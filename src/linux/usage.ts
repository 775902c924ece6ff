import { closeSync, type Dir, opendirSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { GuestInstance } from '../model/guest.ts';
import { ranMs } from '../model/ran-ms.ts';
import type { Usage } from '../model/usage.ts';
import type { UsageReader } from '../ports/usage.ts';
import { cgroupFolders, fileReader } from './cgroup-folders.ts';
import { flatNumbers } from './cgroup-text.ts';
import type { Controllers } from './controllers.ts';
import { processesBelow } from './processes-below.ts';
import { uptimeMs } from './uptime.ts';

/** `processes` is where the hierarchy of cgroups is mounted that guests are named in. */
export function processUsage(controllers: Controllers, processes: string): UsageReader {
  return {
    async host() {
      const summed = await sum(processesOfHost());
      return { ...summed, ...hostTime(readFileSync('/proc/stat', 'utf8')), uptimeMs: uptimeMs() };
    },
    async guest(instance) {
      const summed = await sum(processesBelow(join(processes, instance.cgroup)));
      if (summed.processes === 0) return undefined;
      return { ...summed, ...guestTime(controllers, instance), uptimeMs: Math.max(0, ranMs(instance, uptimeMs())) };
    },
  };
}

type Sum = Pick<Usage, 'processes' | 'isMore' | 'virtualBytes' | 'residentBytes'>;

/** So long at a time the agent does nothing else. */
const SLICE_MS = 4;

async function sum(steps: Generator<number | undefined, boolean>): Promise<Sum> {
  let [processes, virtualBytes, residentBytes] = [0, 0, 0];
  let from = performance.now();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return { processes, isMore: step.value, virtualBytes, residentBytes };
    const size = step.value === undefined ? undefined : sizeOf(step.value);
    if (size !== undefined) {
      processes += 1;
      virtualBytes += size.virtualBytes;
      residentBytes += size.residentBytes;
    }
    if (performance.now() - from < SLICE_MS) continue;
    await setImmediate();
    from = performance.now();
  }
}

const MOST_OF_HOST = 65_536;

function* processesOfHost(): Generator<number | undefined, boolean> {
  const proc: Dir = opendirSync('/proc');
  try {
    let found = 0;
    for (let entry = proc.readSync(); entry !== null; entry = proc.readSync()) {
      const pid = Number(entry.name);
      if (!Number.isInteger(pid)) continue;
      if (found === MOST_OF_HOST) return true;
      found += 1;
      yield pid;
    }
    return false;
  } finally {
    proc.closeSync();
  }
}

const PAGE = 4096;
const text = Buffer.alloc(256);

/** Undefined: it has ended. */
function sizeOf(pid: number): { readonly virtualBytes: number; readonly residentBytes: number } | undefined {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/statm`, 'r');
    const [all, resident] = text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)).split(' ');
    return { virtualBytes: Number(all) * PAGE, residentBytes: Number(resident) * PAGE };
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The kernel counts time for programs in hundredths of a second. */
const TICK_US = 10_000;

/** Of /proc/stat: user and nice; system, irq and softirq. */
export function hostTime(stat: string): Pick<Usage, 'userUs' | 'systemUs'> {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticksOf(stat);
  return { userUs: (user + nice) * TICK_US, systemUs: (system + irq + softirq) * TICK_US };
}

/** Of /proc/stat: idle, also while a disk is waited for. Of all processors together. */
export function hostIdleUs(stat: string): number {
  const [, , , idle = 0, waiting = 0] = ticksOf(stat);
  return (idle + waiting) * TICK_US;
}

function ticksOf(stat: string): readonly number[] {
  const [, ...ticks] = (stat.split('\n', 1)[0] ?? '').split(/ +/).map(Number);
  return ticks;
}

function guestTime(controllers: Controllers, instance: GuestInstance): Pick<Usage, 'userUs' | 'systemUs'> {
  const read = fileReader(cgroupFolders(controllers, instance));
  const onV1 = flatNumbers(read('cpuacct.stat'));
  const onV2 = flatNumbers(read('cpu.stat'));
  const [user, system] = [onV1.get('user'), onV1.get('system')];
  const userUs = user === undefined ? onV2.get('user_usec') : user * TICK_US;
  const systemUs = system === undefined ? onV2.get('system_usec') : system * TICK_US;
  return { ...(userUs !== undefined && { userUs }), ...(systemUs !== undefined && { systemUs }) };
}
