import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { GuestInstance } from '../model/guest.ts';
import { DISK_FILES, LIMIT_FILES, type LimitValues } from '../model/limit.ts';
import type { Cgroups } from '../ports/cgroups.ts';
import type { Answer } from '../ports/executor.ts';
import { hostCapacity, memoryInfo } from './capacity.ts';
import { heldAmounts, hitCounters, memoryUse } from './cgroup-counters.ts';
import { cgroupFolders, fileReader, inodeOf } from './cgroup-folders.ts';
import { diskLines, limitValue, type ReadFile } from './cgroup-text.ts';
import { watchCgroup } from './cgroup-watch.ts';
import type { Channel, Reply } from './channel.ts';
import type { Controllers } from './controllers.ts';
import { CpuSampler } from './cpu-sampler.ts';
import { isUnit, unitWrites } from './unit-properties.ts';

/** Read by the agent itself, which may; written by the executor. */
export function guestCgroups(channel: Channel, controllers: Controllers): Cgroups {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const { hierarchy } = controllers;
  const sampler = new CpuSampler(controllers);
  const ask = async <T>(
    verb: string,
    { pid, startTime, cgroup }: GuestInstance,
    words: readonly string[],
    value: (reply: Reply) => T,
  ): Promise<Answer<T>> => {
    const answer = await channel.request(verb, String(pid), startTime, cgroup, ...words);
    return answer.ok ? { ok: true, value: value(answer.value) } : answer;
  };
  const nothing = () => undefined;
  return {
    host: { hierarchy, cpus: availableParallelism() },
    capacity: hostCapacity,
    read(instance) {
      const folderOf = cgroupFolders(controllers, instance);
      const inode = inodeOf(folderOf('memory') ?? folderOf('pids') ?? folderOf('cpu'));
      if (inode === undefined) return undefined;
      const read = fileReader(folderOf);
      const [held, counters] = [heldAmounts(hierarchy, read), hitCounters(hierarchy, read)];
      const diskFiles = DISK_FILES.filter((file) => read(file) !== undefined);
      return { epoch: `${bootId}:${inode}`, values: limitValues(read), diskFiles, held, counters };
    },
    cpu: (instance) => sampler.sample(instance),
    forgetCpu: (instance) => sampler.forget(instance),
    grantCpu(instance, { quotaUs, periodUs }) {
      const write = hierarchy === 'v1' ? `cpu.cfs_quota_us=${quotaUs}` : `cpu.max=${quotaUs} ${periodUs}`;
      return ask('grant-cpu', instance, [write], nothing);
    },
    memoryUse: (instance) => memoryUse(fileReader(cgroupFolders(controllers, instance)), memoryInfo('SwapFree')),
    limitData: (instance, bytes) =>
      ask('limit-data', instance, [bytes === undefined ? 'max' : `${bytes}`], ({ words }) => Number(words[0])),
    reclaim: (instance, bytes) => ask('limit', instance, [`memory.reclaim=${bytes}`], nothing),
    async write(instance, writes) {
      if (!isUnit(instance.cgroup)) return ask('limit', instance, writes.map(written), nothing);
      for (const group of unitWrites(writes)) {
        const answer =
          group.by === 'systemd'
            ? await ask('limit-unit', instance, group.properties, nothing)
            : await ask('limit', instance, group.writes.map(written), nothing);
        if (!answer.ok) return answer;
      }
      return { ok: true, value: undefined };
    },
    watch: (guest, instance) => watchCgroup(channel, hierarchy, guest, cgroupFolders(controllers, instance)),
  };
}

function limitValues(read: ReadFile): LimitValues {
  const held = LIMIT_FILES.map((file) => [file, read(file)] as const);
  const lines = DISK_FILES.flatMap((file) => diskLines(file, read(file) ?? ''));
  const whole = held.flatMap(([file, text]) => (text === undefined ? [] : [[file, limitValue(text)] as const]));
  return Object.fromEntries([...whole, ...lines]);
}

// Of a line for a disk, `io.max 8:0`, the number is a part of what is written.
function written({ file, value }: { readonly file: string; readonly value: string }): string {
  return `${file.replace(' ', '=')}${file.includes(' ') ? ' ' : '='}${value}`;
}
