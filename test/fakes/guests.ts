import type { Guest } from '../../src/model/guest.ts';
import type { Concern, GuestFinder } from '../../src/ports/guests.ts';
import type { Machine } from './machine.ts';

/** The guests of a machine in memory. */
export function fakeFinder(machine: Machine): GuestFinder {
  return {
    find: () =>
      machine.line.ask('host', () => {
        const guests = [...machine.guests.keys()].flatMap((name) => guestOf(machine, name) ?? []);
        const starting = [...machine.guests].flatMap(([name, start]) => (start?.stage === 'cgroup' ? name : []));
        return { ok: true, value: { guests, starting, unheard: [], nameless: machine.nameless } };
      }),
    locate: (name) => machine.line.ask('host', () => ({ ok: true, value: guestOf(machine, name) })),
    awaitsInit: async (name) => machine.runtime === 'nspawn' && machine.guests.get(name)?.stage === 'cgroup',
    stopping: async () => [...machine.beingStopped],
    isAtWork: (keeper) => machine.keepers.has(keeper),
    isCleared: (name) => !machine.monitors.has(name),
    cgroups: () => [],
    keeper: ({ pid }) => [...machine.guests.values()].find((start) => start?.instance.pid === pid)?.keeper,
    configuredDevices: () => machine.configured,
    concerns: (id, name) => concerned[id]?.(name),
  };
}

const concerned: Readonly<Record<string, (name: string) => Concern>> = {
  guests: (name) => ({ guest: name }),
  folders: () => 'all',
  tools: () => 'permissions',
  stops: () => 'stops',
  units: (name) => ({ unitsOf: [name] }),
};

function guestOf({ guests, runtime }: Machine, name: string): Guest | undefined {
  if (!guests.has(name)) return undefined;
  const start = guests.get(name);
  const isRunning = start !== undefined && start.stage !== 'cgroup';
  return { name, runtime, ...(isRunning && { instance: start.instance }) };
}
