import { fileOf } from '../../src/limits/files.ts';
import type { LimitFile } from '../../src/model/limit.ts';
import type { Cgroups, LimitsReading } from '../../src/ports/cgroups.ts';
import type { Machine, Start } from './machine.ts';

const GiB = 2 ** 30;

/** The control files of guests in memory: a write is there at once. */
export function fakeCgroups(machine: Machine): Cgroups {
  return {
    host: { hierarchy: 'v2', cpus: 2 },
    get killsApart() {
      return machine.killsApart;
    },
    get guestsMayWrite() {
      return machine.guestsMayWrite;
    },
    capacity: () => ({ cpus: 2, ramBytes: 4 * GiB, swapBytes: 2 * GiB, processes: 32_768 }),
    read: ({ cgroup }) => readingOf(startIn(machine, cgroup)),
    end: ({ pid }) => readingOf(machine.lingering.get(pid)),
    cpu({ cgroup }) {
      const cpu = startIn(machine, cgroup)?.cpu;
      return cpu && { atUs: Math.round(machine.clock.now() * 1000), ...cpu };
    },
    forgetCpu: () => {},
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
    write({ cgroup }, writes) {
      return machine.line.ask('host', () => {
        if (startIn(machine, cgroup) === undefined)
          return { ok: false, failed: { errno: 'ESRCH', call: 'guest', subject: cgroup } };
        for (const { file, value } of writes) {
          const failed = machine.refuse('host', `limit ${file}=${value}`);
          if (failed) return { ok: false, failed };
          machine.asked.push(`host limit ${cgroup} ${file}=${value}`);
          setFile(machine, cgroup, file, value);
        }
        return { ok: true, value: undefined };
      });
    },
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
  };
}

function startIn({ guests }: Machine, cgroup: string) {
  return [...guests.values()].find((start) => start?.instance.cgroup === cgroup);
}
