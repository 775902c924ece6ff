import type { GuestInstance } from '../../src/model/guest.ts';
import type { Blocker } from '../../src/model/stop.ts';
import type { Answer } from '../../src/ports/executor.ts';
import type { Life } from '../../src/ports/life.ts';
import { LISTENING } from '../lifecycle/init-facts.ts';
import type { Machine, Start } from './machine.ts';

/** Who runs in every guest, with an init that nobody tells of. */
export const SERVER: Blocker = {
  pid: 7,
  startTime: '70',
  command: 'nfsd',
  state: 'D',
  waitsIn: 'rpc_wait',
  call: '1',
  cgroup: '/system.slice/nfs.service',
};

/** The ends of the guests of a machine in memory. */
export function fakeLife(machine: Machine): Life {
  const nameOf = ({ pid }: GuestInstance) => [...machine.guests].find(([, one]) => one?.instance.pid === pid) ?? [];
  const ask = <T>(of: GuestInstance, what: string, act: (start: Start, name: string) => T) =>
    machine.line.ask('host', (): Answer<T> => {
      const [name, start] = nameOf(of);
      machine.asked.push(`${name ?? of.pid} ${what}`);
      const failed = machine.refuse(name ?? '', what);
      if (failed) return { ok: false, failed };
      if (name === undefined || start?.instance.startTime !== of.startTime)
        return { ok: false, failed: { errno: 'ESRCH', call: 'guest', subject: String(of.pid) } };
      return { ok: true, value: act(start, name) };
    });
  /** Also where its init is gone and its cgroup is not. */
  const askAll = <T>(of: GuestInstance, what: string, act: (start: Start | undefined, name: string) => T) =>
    machine.line.ask('host', (): Answer<T> => {
      const [name = String(of.pid), start = machine.lingering.get(of.pid)] = nameOf(of);
      machine.asked.push(`${name} ${what}`);
      const failed = machine.refuse(name, what);
      return failed ? { ok: false, failed } : { ok: true, value: act(start, name) };
    });
  return {
    start: ({ runtime, name }) =>
      machine.line.ask('host', (): Answer<void> => {
        machine.asked.push(`${name} start-guest ${runtime}`);
        const failed = machine.refuse(name, 'start-guest');
        if (failed) return { ok: false, failed };
        if (!machine.guests.has(name)) return { ok: false, failed: { errno: 'ENOENT', call: 'start', subject: name } };
        if (machine.guests.get(name) === undefined) machine.onStart(name);
        return { ok: true, value: undefined };
      }),
    reaches: (of, probe) =>
      ask(of, `reach ${Object.values(probe).join(' ')}`, (_, name) => machine.isReached(name, probe)),
    hearReady: async (of) => {
      const begun = await ask(of, 'hear-ready', (_, name) => name);
      if (begun.ok) await machine.onHear(begun.value);
      return begun.ok ? ask(of, 'heard', () => undefined) : begun;
    },
    initState: (of) =>
      ask(of, 'init-state', ({ init }) => ({ facts: init ?? LISTENING.busybox, cgroupId: `1:${of.pid}` })),
    halt: (of, way) =>
      ask(of, `halt ${Object.values(way).join(' ')}`, (_, name) => {
        machine.onHalt(name, way);
      }),
    async run(of, _, words) {
      const begun = await ask(of, `run-inside ${words.join(' ')}`, () => undefined);
      if (!begun.ok) return begun;
      const ends = machine.onRun(words).then((status) => ({ status, output: machine.output }));
      return machine.line.during(ends.then((value) => ({ ok: true, value })));
    },
    async runOnHost(guest, _, words) {
      machine.asked.push(`${guest} on host ${words.join(' ')}`);
      return undefined;
    },
    terminate: (of) => ask(of, 'terminate', () => 1),
    evidence: (of) =>
      askAll(of, 'evidence', (start) => {
        const named = evidenceOf(of, start);
        return { named, count: named.length };
      }),
    watchEnd: (guest, of) =>
      askAll(of, 'watch-end', (start) => {
        machine.line.ends.set(guest, of.pid);
        const populated = start !== undefined;
        machine.line.event({ kind: 'populated', guest, populated });
        return `1:${of.pid}`;
      }),
    unwatchEnd: async (guest) => void machine.line.ends.delete(guest),
    kill: (of) =>
      askAll(of, 'kill-guest', (start, name) => {
        if (start === undefined) return 0;
        if (start.isUnkillable) return 1;
        if (machine.lingering.delete(of.pid)) machine.leave(start);
        else machine.stop(name);
        return 0;
      }),
  };
}

function evidenceOf({ pid }: GuestInstance, start: Start | undefined): readonly Blocker[] {
  if (start === undefined) return [];
  const others = start.others?.map((waitsIn, at) => ({
    ...SERVER,
    pid: pid + 1000 + at,
    state: 'S',
    waitsIn,
    cgroup: '/',
  }));
  return others ?? [start.isFrozen ? { ...SERVER, state: 'S', waitsIn: 'do_freezer_trap' } : SERVER];
}
