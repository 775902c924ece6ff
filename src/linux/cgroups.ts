import { readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { GuestInstance } from '../model/guest.ts';
import { LIMIT_FILES, type LimitValues } from '../model/limit.ts';
import type { Cgroups, LimitsReading } from '../ports/cgroups.ts';
import type { Answer } from '../ports/executor.ts';
import { heldAmounts, hitCounters, memoryUse, type ReadFile } from './cgroup-counters.ts';
import { cgroupFolders } from './cgroup-folders.ts';
import { limitValue } from './cgroup-text.ts';
import type { Channel } from './channel.ts';
import type { Controllers } from './controllers.ts';
import { CpuSampler } from './cpu-sampler.ts';

/** Read by the agent itself, which may; written by the executor. */
export function guestCgroups(channel: Channel, controllers: Controllers): Cgroups {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const { hierarchy } = controllers;
  const sampler = new CpuSampler(controllers);
  // A kernel without pressure stall information, or a host without permission for it, is looked at a little later.
  const arm = async (guest: string, folderOf: FolderOf): Promise<Answer<void>> => {
    for (const { file, text } of TRIGGERS[hierarchy]) {
      const folder = folderOf(controllerOf(file));
      if (folder === undefined || inodeOf(join(folder, file)) === undefined) continue;
      await channel.request('trigger', watchId(guest, file), join(folder, file), text);
    }
    return { ok: true, value: undefined };
  };
  const limit = async (instance: GuestInstance, words: readonly string[]): Promise<Answer<void>> => {
    const answer = await channel.request('limit', ...named(instance), ...words);
    return answer.ok ? { ok: true, value: undefined } : answer;
  };
  return {
    host: { hierarchy, cpus: availableParallelism() },
    read(instance) {
      const folderOf = cgroupFolders(controllers, instance);
      const inode = inodeOf(folderOf('memory') ?? folderOf('pids') ?? folderOf('cpu'));
      if (inode === undefined) return undefined;
      const read = fileReader(folderOf);
      return {
        epoch: `${bootId}:${inode}`,
        values: limitValues(read),
        held: heldAmounts(hierarchy, read),
        counters: hitCounters(hierarchy, read),
      } satisfies LimitsReading;
    },
    cpu: (instance) => sampler.sample(instance),
    forgetCpu: (instance) => sampler.forget(instance),
    grantCpu: (instance, { quotaUs, periodUs }) =>
      limit(instance, [hierarchy === 'v1' ? `cpu.cfs_quota_us=${quotaUs}` : `cpu.max=${quotaUs} ${periodUs}`]),
    memoryUse: (instance) => memoryUse(fileReader(cgroupFolders(controllers, instance)), hostSwapFree()),
    reclaim: (instance, bytes) => limit(instance, [`memory.reclaim=${bytes}`]),
    write: (instance, writes) => limit(instance, writes.map(written)),
    async watch(guest, instance) {
      const folderOf = cgroupFolders(controllers, instance);
      for (const file of WATCHED[hierarchy]) {
        const folder = folderOf(controllerOf(file));
        if (folder === undefined || inodeOf(join(folder, file)) === undefined) continue;
        const answer = await channel.request('watch-file', watchId(guest, file), join(folder, file));
        if (!answer.ok) return answer;
      }
      return arm(guest, folderOf);
    },
  };
}

/** The executor's word for a watched file. */
export function watchId(guest: string, file: string): string {
  return `limits/${guest}/${file}`;
}

/** Counters that tell of their changes, and what others may write. */
const WATCHED = {
  v1: [
    'memory.limit_in_bytes',
    'memory.memsw.limit_in_bytes',
    'cpu.cfs_quota_us',
    'cpu.cfs_period_us',
    'pids.max',
    'pids.events',
  ],
  v2: [
    'memory.events',
    'memory.swap.events',
    'pids.events',
    'memory.max',
    'memory.high',
    'memory.swap.max',
    'cpu.max',
    'cpu.max.burst',
    'pids.max',
  ],
} as const;

// meminfo counts in KiB.
function hostSwapFree(): number {
  const [, free] = /^SwapFree:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  return Number(free ?? 0) * 1024;
}

/** What only poll tells: a guest that the kernel holds back, and on v1 one that is out of memory. */
const TRIGGERS = {
  v1: [{ file: 'memory.oom_control', text: '' }],
  v2: [{ file: 'cpu.pressure', text: 'full 200000 2000000' }],
} as const;

type FolderOf = ReturnType<typeof cgroupFolders>;

function fileReader(folderOf: FolderOf): ReadFile {
  return (file) => {
    const folder = folderOf(controllerOf(file));
    return folder === undefined ? undefined : readIfThere(join(folder, file));
  };
}

function controllerOf(file: string): string {
  return file.slice(0, file.indexOf('.'));
}

function limitValues(read: ReadFile): LimitValues {
  const held = LIMIT_FILES.map((file) => [file, read(file)] as const);
  return Object.fromEntries(held.flatMap(([file, text]) => (text === undefined ? [] : [[file, limitValue(text)]])));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return undefined; // this kernel does not have it, or the guest ended meanwhile
  }
}

function inodeOf(path: string | undefined): number | undefined {
  return path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })?.ino;
}

function named({ pid, startTime, cgroup }: GuestInstance): readonly [string, string, string] {
  return [String(pid), startTime, cgroup];
}

function written({ file, value }: { readonly file: string; readonly value: string }): string {
  return `${file}=${value}`;
}
