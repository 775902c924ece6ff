import { fileOf } from '../../src/limits/files.ts';
import type { DataHeld } from '../../src/model/data-limit.ts';
import type { GuestInstance } from '../../src/model/guest.ts';
import type { LimitFile, LimitWrite } from '../../src/model/limit.ts';
import type { Cgroups, LimitsReading } from '../../src/ports/cgroups.ts';
import type { Answer } from '../../src/ports/executor.ts';
import type { Machine, Start } from './machine.ts';

const GiB = 2 ** 30;

/** The control files of guests in memory: a write is there at once. */
export function fakeCgroups(machine: Machine): Cgroups {
  return {
    host: { hierarchy: 'v2', cpus: 2 },
    get killsApart() {
      return machine.killsApart;
    },
    nameOf: (cgroup) => (nestedIn(machine, cgroup) ? cgroup : undefined),
    get guestsMayWrite() {
      return machine.guestsMayWrite;
    },
    capacity: () => ({ cpus: 2, ramBytes: 4 * GiB, swapBytes: 2 * GiB, processes: 32_768 }),
    processors: (instance) => (instance && startIn(machine, instance.cgroup)?.processors) ?? [0, 1],
    hostIdleUs: () => machine.idleUs,
    read: (instance) => readingOf(seenIn(machine, instance)),
    glance: (instance) => void seenIn(machine, instance),
    end: ({ pid }) => readingOf(machine.lingering.get(pid) ?? machine.seen.get(pid)),
    cpu({ cgroup }) {
      const cpu = startIn(machine, cgroup)?.cpu;
      return cpu && { atUs: Math.round(machine.clock.now() * 1000), ...cpu };
    },
    forgetCpu: () => {},
    quota({ cgroup }) {
      const { 'cpu.max': max = '', 'cpu.max.burst': burst = '0' } = startIn(machine, cgroup)?.limits ?? {};
      const [quotaUs = 0, periodUs = 0] = max.split(' ').map(Number);
      return Number.isFinite(quotaUs) ? { quotaUs, periodUs, burstUs: Number(burst) } : undefined;
    },
    grantCpu({ cgroup }, { quotaUs, periodUs }) {
      return machine.line.ask('host', () => {
        machine.asked.push(`host grant-cpu ${cgroup} ${quotaUs}`);
        const failed = machine.refuse('host', 'grant-cpu');
        if (failed) return { ok: false, failed };
        machine.line.afterwards.delete(cgroup);
        setFile(machine, cgroup, 'cpu.max', `${quotaUs} ${periodUs}`);
        return { ok: true, value: undefined };
      });
    },
    holdCpu({ cgroup }, { quotaUs, periodUs }) {
      return machine.line.ask('host', () => {
        setFile(machine, cgroup, 'cpu.max', `1000 ${periodUs}`);
        const giveBack = () => setFile(machine, cgroup, 'cpu.max', `${quotaUs} ${periodUs}`);
        machine.line.afterwards.set(cgroup, giveBack);
        machine.asked.push(`host hold-cpu ${cgroup}`);
        return { ok: true, value: undefined };
      });
    },
    probeRefill: () =>
      machine.line.ask('host', () => {
        machine.asked.push('host probe-refill');
        const failed = machine.refuse('host', 'probe-refill');
        if (failed) return { ok: false, failed };
        return { ok: true, value: { refills: machine.refills, usedUs: machine.refills ? 12_000 : 0, quotaUs: 12_000 } };
      }),
    leaseCpu({ cgroup }, { quotaUs, periodUs }, raisedUs, ms) {
      return machine.line.ask('host', () => {
        machine.asked.push(`host lease-cpu ${cgroup} ${raisedUs}`);
        const failed = machine.refuse('host', 'lease-cpu');
        if (failed) return { ok: false, failed };
        const giveBack = () => setFile(machine, cgroup, 'cpu.max', `${quotaUs} ${periodUs}`);
        if (!machine.line.leases.has(cgroup)) setFile(machine, cgroup, 'cpu.max', `${raisedUs} ${periodUs}`);
        machine.line.leases.get(cgroup)?.cancel();
        const end = () => {
          if (machine.line.leases.delete(cgroup)) giveBack();
        };
        const cancel = machine.clock.wake(machine.clock.now() + ms, end);
        machine.line.leases.set(cgroup, { cancel, end });
        return { ok: true, value: undefined };
      });
    },
    endLease: ({ cgroup }) =>
      machine.line.ask('host', () => {
        machine.asked.push(`host end-lease ${cgroup}`);
        machine.line.leases.get(cgroup)?.end();
        return { ok: true, value: undefined };
      }),
    memoryStall: ({ cgroup }) => (machine.tellsMemoryStalls ? (startIn(machine, cgroup)?.memoryStall ?? 0) : undefined),
    availableBytes: () => machine.availableBytes,
    freeze({ cgroup }, ms) {
      return machine.line.ask('host', () => {
        machine.asked.push(`host ${ms === 0 ? 'thaw' : 'freeze'} ${cgroup}`);
        const failed = machine.refuse('host', 'freeze');
        if (failed) return { ok: false, failed };
        const start = startIn(machine, cgroup);
        if (start) start.isFrozen = ms > 0;
        return { ok: true, value: undefined };
      });
    },
    isFrozen: ({ cgroup }) => startIn(machine, cgroup)?.isFrozen ?? false,
    memoryUse({ cgroup }) {
      const memory = startIn(machine, cgroup)?.memory;
      return memory && { locked: 0, stall: 0, swapHeld: 0, ...memory };
    },
    dataLimit: ({ cgroup }) => startIn(machine, cgroup) && { ...startIn(machine, cgroup)?.data },
    limitData({ cgroup }, bytes, before) {
      return machine.line.ask('host', () => {
        const { own, given = [] } = before ?? {};
        const formers = given.filter((former) => former !== bytes);
        const former = formers.length === 0 ? '' : ` not ${formers} but ${own?.soft ?? 'max'}:${own?.hard ?? 'max'}`;
        machine.asked.push(`host limit-data ${cgroup} ${bytes ?? 'max'}${former}`);
        const failed = machine.refuse('host', 'limit-data');
        if (failed) return { ok: false, failed };
        setData(startIn(machine, cgroup), [bytes, own?.soft]);
        return { ok: true, value: 1 };
      });
    },
    dataHeld: ({ cgroup }) =>
      machine.line.ask('host', () => {
        machine.asked.push(`host data-held ${cgroup}`);
        return { ok: true, value: heldIn(machine, cgroup) };
      }),
    shareData: ({ cgroup }, bytes) =>
      machine.line.ask('host', () => {
        machine.asked.push(`host share-data ${cgroup} ${bytes ?? 'max'}`);
        const failed = machine.refuse('host', 'share-data');
        return failed ? { ok: false, failed } : { ok: true, value: heldIn(machine, cgroup) };
      }),
    reclaim({ cgroup }, bytes) {
      return machine.line.ask('host', () => {
        machine.asked.push(`host reclaim ${cgroup} ${bytes}`);
        const memory = startIn(machine, cgroup)?.memory;
        const failed = { errno: 'EAGAIN', call: 'limit', subject: 'memory.reclaim' };
        if (machine.refuse('host', 'reclaim')) return { ok: false, failed };
        if (memory === undefined || memory.current - bytes < memory.fixed) return { ok: false, failed };
        memory.current -= bytes;
        return { ok: true, value: undefined };
      });
    },
    write: (instance, writes) => writeAll(machine, 'limit', instance, writes),
    writeByForce: (instance, writes) => writeAll(machine, 'limit-by-force', instance, writes),
    async unwatch(guest) {
      await machine.line.ask('host', () => ({ ok: true, value: void machine.line.limits.delete(guest) }));
    },
    watch: (guest, _, { cpu }) =>
      machine.line.ask('host', () => {
        machine.line.limits.add(guest);
        return { ok: true, value: { stalls: cpu && machine.tellsStalls } };
      }),
  };
}

function writeAll(
  machine: Machine,
  verb: string,
  { cgroup }: GuestInstance,
  writes: readonly LimitWrite[],
): Promise<Answer<void>> {
  return machine.line.ask('host', () => {
    if (startIn(machine, cgroup) === undefined)
      return { ok: false, failed: { errno: 'ESRCH', call: 'guest', subject: cgroup } };
    for (const { file, value } of writes) {
      const failed = machine.refuse('host', `${verb} ${file}=${value}`);
      if (failed) return { ok: false, failed };
      machine.asked.push(`host ${verb} ${cgroup} ${file}=${value}`);
      setFile(machine, cgroup, file, value);
    }
    return { ok: true, value: undefined };
  });
}

// Named by their paths.
function nestedIn({ guests }: Machine, cgroup: string): boolean {
  return [...guests.values()].some((start) => start?.killsBelow?.counts[cgroup] !== undefined);
}

function heldIn(machine: Machine, cgroup: string): DataHeld {
  return startIn(machine, cgroup)?.dataHeld ?? { processes: 1, sum: 0, largest: 0 };
}

function setData(start: Start | undefined, limits: readonly (number | undefined)[]): void {
  const most = Math.min(...limits.filter((limit) => limit !== undefined));
  if (start) start.data = Number.isFinite(most) ? { soft: most, hard: most } : {};
}

/** Control files that are watched on v2. */
const WATCHED = ['memory.max', 'memory.high', 'memory.swap.max', 'cpu.max', 'cpu.max.burst', 'pids.max', 'io.max'];

// Whoever watches is told of every write, also of one that changes nothing, and of its own.
function setFile(machine: Machine, cgroup: string, file: LimitFile, value: string): void {
  const [name, start] = [...machine.guests].find(([, found]) => found?.instance.cgroup === cgroup) ?? [];
  if (name === undefined || start === undefined) return;
  start.limits = { ...start.limits, [file]: value };
  if (WATCHED.includes(fileOf(file))) machine.fileChanged(name, fileOf(file));
}

function readingOf(start: Start | undefined): LimitsReading | undefined {
  if (start === undefined) return undefined;
  return {
    epoch: `boot:${start.instance.startTime}`,
    values: start.limits,
    diskFiles: ['io.max'],
    held: start.held,
    counters: start.counters,
    ...(start.killsBelow && { killsBelow: start.killsBelow }),
  };
}

function seenIn(machine: Machine, { pid, cgroup }: GuestInstance): Start | undefined {
  const start = startIn(machine, cgroup);
  if (start !== undefined) machine.seen.set(pid, { ...start });
  return start;
}

function startIn({ guests }: Machine, cgroup: string) {
  return [...guests.values()].find((start) => start?.instance.cgroup === cgroup);
}
