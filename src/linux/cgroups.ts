import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestInstance } from '../model/guest.ts';
import { type Hierarchy, type LimitWrite, type Quota, type RefillSeen, STANDING_STILL_US } from '../model/limit.ts';
import type { Cgroups } from '../ports/cgroups.ts';
import type { Answer } from '../ports/executor.ts';
import { atMost } from './at-most.ts';
import { allowedCpus, hostCapacity, memoryInfo, onlineCpus } from './capacity.ts';
import { memoryUse } from './cgroup-counters.ts';
import { cgroupFolders, fileReader, inodeOf } from './cgroup-folders.ts';
import { CgroupReader } from './cgroup-reader.ts';
import type { ReadFile } from './cgroup-text.ts';
import { unwatchCgroup, watchCgroup } from './cgroup-watch.ts';
import type { Channel, Reply } from './channel.ts';
import type { Controllers } from './controllers.ts';
import { CpuSampler } from './cpu-sampler.ts';
import { dataWords, heldData, readDataLimit } from './data-limit.ts';
import { isFrozen } from './frozen.ts';
import { memoryStall } from './memory-stall.ts';
import { isUnit, type UnitWrites, unitWrites } from './unit-properties.ts';
import { hostIdleUs } from './usage.ts';

/** Read by the agent itself, which may; written by the executor. `named`: where the hierarchy is mounted that guests are named in. */
export function guestCgroups(channel: Channel, controllers: Controllers, named: string): Cgroups {
  const { hierarchy } = controllers;
  const reader = new CgroupReader(controllers, named);
  const sampler = new CpuSampler(controllers);
  const ask = asker(channel);
  const writeAll = async (verb: WriteVerb, instance: GuestInstance, writes: readonly LimitWrite[]) => {
    const read = fileReader(cgroupFolders(controllers, instance));
    return askAll(ask, instance, requestsOf(verb, instance, writes, read));
  };
  return {
    host: { hierarchy, cpus: onlineCpus() },
    killsApart: hierarchy === 'v1' || controllers.v2Options.includes('memory_localevents'),
    nameOf: (cgroup) => inodeOf(join(controllers.mountOf('memory') ?? named, cgroup))?.toString(),
    guestsMayWrite: hierarchy === 'v2' && !controllers.v2Options.includes('nsdelegate'),
    capacity: hostCapacity,
    processors: (instance) => allowedCpus(instance?.pid),
    hostIdleUs: () => hostIdleUs(readFileSync('/proc/stat', 'latin1')),
    read: (instance) => reader.read(instance),
    glance: (instance, file) => reader.glance(instance, file),
    end: (instance) => reader.end(instance),
    cpu: (instance) => sampler.sample(instance),
    forgetCpu: (instance) => sampler.forget(instance),
    quota: (instance) => quotaIn(reader.reads(instance), hierarchy),
    grantCpu: (instance, quota) => ask('grant-cpu', instance, [quotaWrite(hierarchy, quota)], nothing),
    holdCpu: (instance, quota) =>
      ask('grant-cpu', instance, quotaWords(hierarchy, { ...quota, quotaUs: STANDING_STILL_US }, quota), nothing),
    async probeRefill() {
      const answer = await channel.request('probe-refill');
      return answer.ok ? { ok: true, value: refillSeen(answer.value) } : answer;
    },
    leaseCpu: (instance, quota, raisedUs, ms) =>
      ask('lease-cpu', instance, leaseWords(hierarchy, quota, raisedUs, ms), nothing),
    endLease: (instance, quota) => ask('lease-cpu', instance, leaseWords(hierarchy, quota, quota.quotaUs, 0), nothing),
    ...stillness(controllers),
    availableBytes: () => memoryInfo('MemAvailable'),
    freeze: (instance, ms) => ask('freeze', instance, [String(ms)], nothing),
    memoryUse: (instance) => memoryUse(fileReader(cgroupFolders(controllers, instance)), memoryInfo('SwapFree')),
    dataLimit: ({ pid }) => readDataLimit(pid),
    limitData: (instance, bytes, before) =>
      ask('limit-data', instance, dataWords(bytes, before), ({ words }) => Number(words[0])),
    dataHeld: (instance) => ask('data-held', instance, [], heldData),
    shareData: (instance, bytes) => ask('share-data', instance, dataWords(bytes), heldData),
    reclaim: (instance, bytes) => ask('limit', instance, [`memory.reclaim=${bytes}`], nothing),
    write: (instance, writes) => writeAll('limit', instance, writes),
    writeByForce: (instance, writes) => writeAll('limit-by-force', instance, writes),
    watch: (guest, instance, wanted) =>
      watchCgroup(channel, hierarchy, guest, cgroupFolders(controllers, instance), wanted),
    unwatch: (guest) => unwatchCgroup(channel, hierarchy, guest),
  };
}

function stillness(controllers: Controllers): Pick<Cgroups, 'memoryStall' | 'isFrozen'> {
  return {
    memoryStall: (instance) => memoryStall(controllers, instance),
    isFrozen: (instance) => isFrozen(controllers, instance),
  };
}

type Ask = ReturnType<typeof asker>;

/** The executor makes a process for each, and refuses more than 256. All guests of a host are limited at once when the agent starts. */
const AT_ONCE = 32;
const WITHOUT_PROCESS = new Set(['grant-cpu', 'lease-cpu', 'freeze']);

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

async function askAll(ask: Ask, instance: GuestInstance, requests: readonly LimitRequest[]): Promise<Answer<void>> {
  for (const [verb, words] of requests) {
    const answer = await ask(verb, instance, words, nothing);
    if (!answer.ok) return answer;
  }
  return { ok: true, value: undefined };
}

/** Of the executor's, those that write files. */
type WriteVerb = 'limit' | 'limit-by-force';
type LimitRequest = readonly [verb: WriteVerb | 'limit-unit', words: readonly string[]];

function requestsOf(
  verb: WriteVerb,
  { cgroup }: GuestInstance,
  writes: readonly LimitWrite[],
  read: ReadFile,
): readonly LimitRequest[] {
  const groups: readonly UnitWrites[] = isUnit(cgroup) ? unitWrites(writes, read) : [{ by: 'file', writes }];
  return groups.flatMap((group): readonly LimitRequest[] =>
    group.by === 'systemd' ? [['limit-unit', group.properties]] : inPieces(verb, group.writes.map(written)),
  );
}

/** So many files does the executor write at once: a policy may name more disks. */
const PIECE = 64;

function inPieces(verb: WriteVerb, words: readonly string[]): readonly LimitRequest[] {
  const pieces = Array.from({ length: Math.ceil(words.length / PIECE) });
  return pieces.map((_, at) => [verb, words.slice(at * PIECE, (at + 1) * PIECE)]);
}

function quotaWrite(hierarchy: Hierarchy, { quotaUs, periodUs }: Quota): string {
  return hierarchy === 'v1' ? `cpu.cfs_quota_us=${quotaUs}` : `cpu.max=${quotaUs} ${periodUs}`;
}

function quotaIn(read: ReadFile, hierarchy: Hierarchy): Quota | undefined {
  const isV1 = hierarchy === 'v1';
  const text = isV1 ? `${read('cpu.cfs_quota_us')} ${read('cpu.cfs_period_us')}` : read('cpu.max');
  const [, quotaUs, periodUs] = /^(\d+) (\d+)$/.exec(text ?? '') ?? [];
  const burstUs = read(isV1 ? 'cpu.cfs_burst_us' : 'cpu.max.burst') ?? 0;
  return quotaUs === undefined
    ? undefined
    : { quotaUs: Number(quotaUs), periodUs: Number(periodUs), burstUs: Number(burstUs) };
}

function quotaWords(hierarchy: Hierarchy, quota: Quota, afterwards: Quota): readonly string[] {
  const [, value = ''] = quotaWrite(hierarchy, afterwards).split('=');
  return [quotaWrite(hierarchy, quota), value];
}

function leaseWords(hierarchy: Hierarchy, quota: Quota, raisedUs: number, ms: number): readonly string[] {
  return [...quotaWords(hierarchy, { ...quota, quotaUs: raisedUs }, quota), String(ms)];
}

function refillSeen({ words: [word, usedUs, quotaUs] }: Reply): RefillSeen {
  return { refills: word === 'yes', usedUs: Number(usedUs), quotaUs: Number(quotaUs) };
}

// Of a line for a disk, `io.max 8:0`, the number is a part of what is written.
function written({ file, value }: LimitWrite): string {
  return `${file.replace(' ', '=')}${file.includes(' ') ? ' ' : '='}${value}`;
}
