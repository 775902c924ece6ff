import type { GuestInstance } from '../model/guest.ts';
import type { Answer } from '../ports/executor.ts';
import type { Host } from '../ports/host.ts';
import { hasMount, type MountRoot, mountOf, mountsOf } from './mounts.ts';
import { nspawnUnits, registeredCgroup } from './nspawn-cgroup.ts';
import type { Machine } from './nspawn-machine.ts';

type Found = Answer<GuestInstance | undefined>;

/** Finds the inits of machines; what every machine would be looked for in is read at most once. */
export interface InitSearch {
  registered(machine: Machine): Promise<Found>;
  /** By the folder of the host from which mounts propagate into the machine. */
  unregistered(folder: string): Promise<Found>;
  /** Whether nspawn runs in a unit that has no init yet. */
  isAwaited(): Promise<boolean>;
}

export function searchInits(host: Host, hierarchy: string): InitSearch {
  let looked: ReturnType<typeof unitInits> | undefined;
  const units = () => {
    looked ??= unitInits(host, hierarchy);
    return looked;
  };
  return {
    async registered(machine) {
      const found = await initIn(host, registeredCgroup(machine));
      return found.ok && String(found.value?.pid) !== machine.leader ? stopped : found;
    },
    async unregistered(folder) {
      const mount = mountOf(folder);
      if (mount === undefined) return stopped;
      const found = await units();
      if (!found.ok) return found;
      return { ok: true, value: found.value.find(({ mounts }) => hasMount(mounts, mount))?.instance };
    },
    async isAwaited() {
      const found = await units();
      return found.ok && found.value.some(({ instance }) => instance === undefined);
    },
  };
}

const stopped: Found = { ok: true, value: undefined };

interface UnitInit {
  /** Absent: there is none yet. */
  readonly instance?: GuestInstance;
  readonly mounts: readonly MountRoot[];
}

async function unitInits(host: Host, hierarchy: string): Promise<Answer<readonly UnitInit[]>> {
  const inits: UnitInit[] = [];
  for (const cgroup of nspawnUnits(hierarchy)) {
    const found = await initIn(host, cgroup);
    if (!found.ok) return found;
    inits.push(found.value ? { instance: found.value, mounts: mountsOf(found.value.pid) } : { mounts: [] });
  }
  return { ok: true, value: inits };
}

// A cgroup that is not there has no init; an executor that is not there says nothing about any of them.
async function initIn(host: Host, cgroup: string | undefined): Promise<Found> {
  if (cgroup === undefined) return stopped;
  const inits = await host.inits(cgroup);
  if (!inits.ok) return inits.failed.call === 'executor' ? inits : stopped;
  const [init] = inits.value;
  return init === undefined ? stopped : { ok: true, value: { ...init, cgroup } };
}
