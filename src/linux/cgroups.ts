import type { GuestInstance } from '../model/guest.ts';
import { type Hierarchy, type LimitWrite, type Quota, STANDING_STILL_US } from '../model/limit.ts';
import type { Cgroups } from '../ports/cgroups.ts';
import type { Answer } from '../ports/executor.ts';
import { atMost } from './at-most.ts';
import { hostCapacity, memoryInfo, onlineCpus } from './capacity.ts';
import { memoryUse } from './cgroup-counters.ts';
import { cgroupFolders, fileReader } from './cgroup-folders.ts';
import { CgroupReader } from './cgroup-reader.ts';
import type { ReadFile } from './cgroup-text.ts';
import { unwatchCgroup, watchCgroup } from './cgroup-watch.ts';
import type { Channel, Reply } from './channel.ts';
import type { Controllers } from './controllers.ts';
import { CpuSampler } from './cpu-sampler.ts';
import { dataWords, readDataLimit } from './data-limit.ts';
import { isUnit, type UnitWrites, unitWrites } from './unit-properties.ts';

/** Read by the agent itself, which may; written by the executor. `named`: where the hierarchy is mounted that guests are named in. */
export function guestCgroups(channel: Channel, controllers: Controllers, named: string): Cgroups {
  const { hierarchy } = controllers;
  const reader = new CgroupReader(controllers, named);
  const sampler = new CpuSampler(controllers);
  const ask = asker(channel);
  return {
    host: { hierarchy, cpus: onlineCpus() },
    killsApart: hierarchy === 'v1' || controllers.v2Options.includes('memory_localevents'),
    guestsMayWrite: hierarchy === 'v2' && !controllers.v2Options.includes('nsdelegate'),
    capacity: hostCapacity,
    read: (instance) => reader.read(instance),
    end: (instance) => reader.end(instance),
    cpu: (instance) => sampler.sample(instance),
    forgetCpu: (instance) => sampler.forget(instance),
    grantCpu: (instance, quota) => ask('grant-cpu', instance, [quotaWrite(hierarchy, quota)], nothing),
    holdCpu(instance, quota) {
      const [, afterwards = ''] = quotaWrite(hierarchy, quota).split('=');
      const still = quotaWrite(hierarchy, { ...quota, quotaUs: STANDING_STILL_US });
      return ask('grant-cpu', instance, [still, afterwards], nothing);
    },
    memoryUse: (instance) => memoryUse(fileReader(cgroupFolders(controllers, instance)), memoryInfo('SwapFree')),
    dataLimit: ({ pid }) => readDataLimit(pid),
    limitData: (instance, bytes, before) =>
      ask('limit-data', instance, dataWords(bytes, before), ({ words }) => Number(words[0])),
    reclaim: (instance, bytes) => ask('limit', instance, [`memory.reclaim=${bytes}`], nothing),
    write: (instance, writes) => writeAll(ask, instance, writes, fileReader(cgroupFolders(controllers, instance))),
    watch: (guest, instance, wanted) =>
      watchCgroup(channel, hierarchy, guest, cgroupFolders(controllers, instance), wanted),
    unwatch: (guest) => unwatchCgroup(channel, hierarchy, guest),
  };
}

type Ask = ReturnType<typeof asker>;

/** The executor makes a process for each, and refuses more than 256. All guests of a host are limited at once when the agent starts. */
const AT_ONCE = 32;
const WITHOUT_PROCESS = new Set(['grant-cpu']);

function asker(channel: Channel) {
  // Memory may take its time to be taken back: what nobody waits for does not wait behind it.
  const [quick, slow] = [atMost(AT_ONCE), atMost(AT_ONCE)];
  return async <T>(
    verb: string,
    { pid, startTime, cgroup }: GuestInstance,
    words: readonly string[],
    value: (reply: Reply) => T,
  ): Promise<Answer<T>> => {
    const request = () => channel.request(verb, String(pid), startTime, cgroup, ...words);
    const bounded = words.some(isOfMemory) ? slow : quick;
    const answer = await (WITHOUT_PROCESS.has(verb) ? request() : bounded(request));
    return answer.ok ? { ok: true, value: value(answer.value) } : answer;
  };
}

function isOfMemory(word: string): boolean {
  return /^(memory\.|Memory)/.test(word);
}

function nothing(): void {}

async function writeAll(
  ask: Ask,
  instance: GuestInstance,
  writes: readonly LimitWrite[],
  read: ReadFile,
): Promise<Answer<void>> {
  for (const [verb, words] of requestsOf(instance, writes, read)) {
    const answer = await ask(verb, instance, words, nothing);
    if (!answer.ok) return answer;
  }
  return { ok: true, value: undefined };
}

type LimitRequest = readonly [verb: string, words: readonly string[]];

function requestsOf({ cgroup }: GuestInstance, writes: readonly LimitWrite[], read: ReadFile): readonly LimitRequest[] {
  const groups: readonly UnitWrites[] = isUnit(cgroup) ? unitWrites(writes, read) : [{ by: 'file', writes }];
  return groups.flatMap((group): readonly LimitRequest[] =>
    group.by === 'systemd' ? [['limit-unit', group.properties]] : inPieces(group.writes.map(written)),
  );
}

/** So many files does the executor write at once: a policy may name more disks. */
const PIECE = 64;

function inPieces(words: readonly string[]): readonly LimitRequest[] {
  const pieces = Array.from({ length: Math.ceil(words.length / PIECE) });
  return pieces.map((_, at) => ['limit', words.slice(at * PIECE, (at + 1) * PIECE)]);
}

function quotaWrite(hierarchy: Hierarchy, { quotaUs, periodUs }: Quota): string {
  return hierarchy === 'v1' ? `cpu.cfs_quota_us=${quotaUs}` : `cpu.max=${quotaUs} ${periodUs}`;
}

// Of a line for a disk, `io.max 8:0`, the number is a part of what is written.
function written({ file, value }: LimitWrite): string {
  return `${file.replace(' ', '=')}${file.includes(' ') ? ' ' : '='}${value}`;
}
