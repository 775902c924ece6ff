import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Refusal } from '../model/failure.ts';
import type { Guest, GuestInstance } from '../model/guest.ts';
import type { Answer } from '../ports/executor.ts';
import type { GuestFinder } from '../ports/guests.ts';
import type { Host } from '../ports/host.ts';
import { hasMount, mountOf } from './mounts.ts';
import { nspawnUnits, registeredCgroup } from './nspawn-cgroup.ts';
import { type Machine, readMachine } from './nspawn-machine.ts';
import { watchIfThere } from './watch.ts';

export interface NspawnOptions {
  readonly host: Host;
  /** The mount point of the hierarchy that device grants are written to. */
  readonly hierarchy: string;
  /** /run/systemd */
  readonly run: string;
  /** /etc/systemd/nspawn: one file NAME.nspawn a machine that has settings. */
  readonly settings: string;
  /** /var/lib/machines: one folder NAME or one file NAME.raw a machine. */
  readonly images: string;
}

/** Ids of the folders that are watched. */
const ids = { run: 'nspawn-run', nspawn: 'nspawn-nspawn', settings: 'nspawn-settings', images: 'nspawn-images' };
const MACHINES = 'nspawn-machines';
const PROPAGATE = 'nspawn-propagate';
const ofMachines = [MACHINES, PROPAGATE, ids.settings, ids.images];

/**
 * systemd-nspawn's guests: those that machined knows, those that a unit runs by itself (--register=no), and those that are
 * only configured. nspawn makes a folder for each that it runs, from which mounts propagate into the guest.
 */
export function nspawnFinder({ host, hierarchy, run, settings, images }: NspawnOptions): GuestFinder {
  const folders = {
    nspawn: join(run, 'nspawn'),
    machines: join(run, 'machines'),
    propagate: join(run, 'nspawn/propagate'),
  };
  const look = async (name: string): Promise<Answer<Seen | undefined>> => {
    const machine = readMachine(join(folders.machines, name));
    const isRun = existsSync(join(folders.propagate, name));
    if (machine === undefined && !isRun && !isConfigured(name)) return { ok: true, value: undefined };
    const found = await (machine ? lookAt(machine) : isRun ? lookFor(name) : stopped);
    if (!found.ok) return found;
    const instance = found.value;
    const guest: Guest = { name, runtime: 'nspawn', ...(instance && { instance }) };
    return { ok: true, value: { guest, isStarting: instance === undefined && (isRun || machine !== undefined) } };
  };
  const lookAt = (machine: Machine) => {
    const cgroup = registeredCgroup(machine);
    return lookIn(host, cgroup ? [cgroup] : [], (pid) => String(pid) === machine.leader);
  };
  const lookFor = (name: string) => {
    const mount = mountOf(join(folders.propagate, name));
    return lookIn(host, nspawnUnits(hierarchy), (pid) => mount !== undefined && hasMount(pid, mount));
  };
  const isConfigured = (name: string) =>
    existsSync(join(settings, `${name}.nspawn`)) ||
    existsSync(join(images, name)) ||
    existsSync(join(images, `${name}.raw`));

  return {
    async locate(name) {
      const seen = await look(name);
      return seen.ok ? { ok: true, value: seen.value?.guest } : seen;
    },
    async find() {
      const watches = [
        watchIfThere(ids.run, run, host.watchFolder),
        watchIfThere(ids.nspawn, folders.nspawn, host.watchFolder),
        watchIfThere(MACHINES, folders.machines, host.watchFolder),
        watchIfThere(PROPAGATE, folders.propagate, host.watchFolder),
        watchIfThere(ids.settings, settings, host.watchFolder),
        watchIfThere(ids.images, images, host.watchFolder),
      ];
      const unheard: readonly Refusal[] = (await Promise.all(watches)).flat();
      const names = [folders.machines, folders.propagate, settings, images].flatMap(list).flatMap(machineOf);
      const seen: Seen[] = [];
      for (const name of new Set(names)) {
        const one = await look(name);
        if (!one.ok) return one;
        if (one.value !== undefined) seen.push(one.value);
      }
      const starting = seen.filter(({ isStarting }) => isStarting).map(({ guest }) => guest.name);
      return { ok: true, value: { guests: seen.map(({ guest }) => guest), starting, unheard } };
    },
    configuredDevices: () => undefined,
    concerns(id, name) {
      if (id === ids.run) return name === 'nspawn' || name === 'machines' ? 'all' : undefined;
      if (id === ids.nspawn) return name === 'propagate' ? 'all' : undefined;
      if (!ofMachines.includes(id)) return undefined;
      const [guest] = machineOf(name);
      return guest === undefined ? undefined : { guest };
    },
  };
}

const stopped: Answer<GuestInstance | undefined> = { ok: true, value: undefined };

// A cgroup that is not there has no init; an executor that is not there says nothing about any of them.
async function lookIn(
  host: Host,
  cgroups: readonly string[],
  isOurs: (initPid: number) => boolean,
): Promise<Answer<GuestInstance | undefined>> {
  for (const cgroup of cgroups) {
    const inits = await host.inits(cgroup);
    if (!inits.ok && inits.failed.call === 'executor') return inits;
    const [init] = inits.ok ? inits.value : [];
    if (init !== undefined && isOurs(init.pid)) return { ok: true, value: { ...init, cgroup } };
  }
  return stopped;
}

interface Seen {
  readonly guest: Guest;
  /** nspawn has begun with it, and it has no init yet. */
  readonly isStarting: boolean;
}

/** The machine that a file of this name is about. machined writes `unit:UNIT` beside, and everything under a temporary name first. */
function machineOf(file: string): readonly string[] {
  const name = file.replace(/\.(nspawn|raw)$/, '');
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name) ? [name] : [];
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // nspawn has not run yet, or nobody configured anything
  }
}
