import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Refusal } from '../model/failure.ts';
import type { Guest, GuestInstance } from '../model/guest.ts';
import type { Answer } from '../ports/executor.ts';
import type { GuestFinder } from '../ports/guests.ts';
import type { Host } from '../ports/host.ts';
import { type InitSearch, searchInits } from './nspawn-inits.ts';
import { readMachine } from './nspawn-machine.ts';
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

type Folders = Readonly<Record<'run' | 'nspawn' | 'machines' | 'propagate' | 'settings' | 'images', string>>;

/**
 * systemd-nspawn's guests: those that machined knows, those that a unit runs by itself (--register=no), and those that are
 * only configured. nspawn makes a folder for each that it runs, from which mounts propagate into the guest.
 */
export function nspawnFinder({ host, hierarchy, run, settings, images }: NspawnOptions): GuestFinder {
  const folders = foldersOf({ run, settings, images });
  return {
    async locate(name) {
      const seen = await look(folders, name, searchInits(host, hierarchy));
      return seen.ok ? { ok: true, value: seen.value?.guest } : seen;
    },
    async find() {
      const unheard = await watchAll(host, folders);
      const search = searchInits(host, hierarchy);
      const seen: Seen[] = [];
      for (const name of namesIn(folders)) {
        const one = await look(folders, name, search);
        if (!one.ok) return one;
        if (one.value !== undefined) seen.push(one.value);
      }
      const starting = seen.filter(({ isStarting }) => isStarting).map(({ guest }) => guest.name);
      return { ok: true, value: { guests: seen.map(({ guest }) => guest), starting, unheard } };
    },
    async awaitsInit(name) {
      // What machined knows has its init, and what is left of a machine that was killed has no unit.
      const isUnregistered = isRunIn(folders, name) && !readMachine(join(folders.machines, name));
      return isUnregistered && searchInits(host, hierarchy).isAwaited();
    },
    stopping: async () => [], // nobody but systemd, which tells so, is asked for that
    isCleared: () => true, // its unit ends with it
    keeper: () => undefined,
    cgroups: () => [],
    isAtWork: () => false,
    configuredDevices: () => undefined,
    concerns,
  };
}

/** Those of all that run or are configured. */
export function nspawnNames(options: Pick<NspawnOptions, 'run' | 'settings' | 'images'>): readonly string[] {
  const folders = foldersOf(options);
  return namesIn(folders).filter(
    (name) => isRunIn(folders, name) || isConfigured(folders, name) || readMachine(join(folders.machines, name)),
  );
}

function foldersOf({ run, settings, images }: Pick<NspawnOptions, 'run' | 'settings' | 'images'>): Folders {
  const nspawn = join(run, 'nspawn');
  const propagate = join(nspawn, 'propagate');
  return { run, nspawn, machines: join(run, 'machines'), propagate, settings, images };
}

// Some of them are machines of others that machined knows too.
function namesIn({ machines, propagate, settings, images }: Folders): readonly string[] {
  return [...new Set([machines, propagate, settings, images].flatMap(list).flatMap(machineOf))];
}

async function look(folders: Folders, name: string, search: InitSearch): Promise<Answer<Seen | undefined>> {
  const machine = readMachine(join(folders.machines, name));
  if (machine === undefined && !isRunIn(folders, name))
    return { ok: true, value: isConfigured(folders, name) ? { guest: guestOf(name), isStarting: false } : undefined };
  const found = await (machine ? search.registered(machine) : search.unregistered(join(folders.propagate, name)));
  if (!found.ok) return found;
  return { ok: true, value: { guest: guestOf(name, found.value), isStarting: found.value === undefined } };
}

function guestOf(name: string, instance?: GuestInstance): Guest {
  return { name, runtime: 'nspawn', ...(instance && { instance }) };
}

function isRunIn({ propagate }: Folders, name: string): boolean {
  return existsSync(join(propagate, name));
}

function isConfigured({ settings, images }: Folders, name: string): boolean {
  return [join(settings, `${name}.nspawn`), join(images, name), join(images, `${name}.raw`)].some((path) =>
    existsSync(path),
  );
}

/** Ids of the folders that are watched. */
const ids: Folders = {
  run: 'nspawn-run',
  nspawn: 'nspawn-nspawn',
  machines: 'nspawn-machines',
  propagate: 'nspawn-propagate',
  settings: 'nspawn-settings',
  images: 'nspawn-images',
};
const ofMachines = [ids.machines, ids.propagate, ids.settings, ids.images];

async function watchAll({ watchFolder }: Host, folders: Folders): Promise<readonly Refusal[]> {
  const watches = [
    watchIfThere(ids.run, folders.run, watchFolder),
    watchIfThere(ids.nspawn, folders.nspawn, watchFolder),
    watchIfThere(ids.machines, folders.machines, watchFolder),
    watchIfThere(ids.propagate, folders.propagate, watchFolder),
    watchIfThere(ids.settings, folders.settings, watchFolder),
    watchIfThere(ids.images, folders.images, watchFolder),
  ];
  return (await Promise.all(watches)).flat();
}

function concerns(id: string, name: string): { readonly guest: string } | 'all' | undefined {
  if (id === ids.run) return name === 'nspawn' || name === 'machines' ? 'all' : undefined;
  if (id === ids.nspawn) return name === 'propagate' ? 'all' : undefined;
  if (!ofMachines.includes(id)) return undefined;
  const [guest] = machineOf(name);
  return guest === undefined ? undefined : { guest };
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
