import type { GuestInstance } from '../../src/model/guest.ts';
import type { Answer } from '../../src/ports/executor.ts';
import type { Life } from '../../src/ports/life.ts';
import { LISTENING } from '../lifecycle/init-facts.ts';
import type { Machine, Start } from './machine.ts';

/** The ends of the guests of a machine in memory. */
export function fakeLife(machine: Machine): Life {
  const ask = <T>({ pid, startTime }: GuestInstance, what: string, act: (start: Start, name: string) => T) =>
    machine.line.ask('host', (): Answer<T> => {
      const [name, start] = [...machine.guests].find(([, one]) => one?.instance.pid === pid) ?? [];
      machine.asked.push(`${name ?? pid} ${what}`);
      const failed = machine.refuse(name ?? '', what);
      if (failed) return { ok: false, failed };
      if (name === undefined || start?.instance.startTime !== startTime)
        return { ok: false, failed: { errno: 'ESRCH', call: 'guest', subject: String(pid) } };
      return { ok: true, value: act(start, name) };
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
    initState: (of) =>
      ask(of, 'init-state', ({ init }) => ({ facts: init ?? LISTENING.busybox, cgroupId: `1:${of.pid}` })),
    halt: (of, way) =>
      ask(of, `halt ${Object.values(way).join(' ')}`, (_, name) => {
        machine.onHalt(name, way);
      }),
    async run(of, _, words) {
      const begun = await ask(of, `run-inside ${words.join(' ')}`, () => undefined);
      if (!begun.ok) return begun;
      const status = await machine.onRun(words);
      return { ok: true, value: { status, output: '' } };
    },
    async runOnHost(guest, _, words) {
      machine.asked.push(`${guest} on host ${words.join(' ')}`);
      return undefined;
    },
    terminate: (of) => ask(of, 'terminate', () => 1),
    evidence: (of) => ask(of, 'evidence', () => [{ pid: 7, command: 'nfsd', state: 'D', waitsIn: 'rpc_wait' }]),
    kill: (of) =>
      ask(of, 'kill-guest', (start, name) => {
        if (start.isUnkillable) return 1;
        machine.stop(name);
        return 0;
      }),
  };
}
