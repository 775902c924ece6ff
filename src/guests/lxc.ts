import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { USUAL_LXC_PATH } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';
import type { Guest, GuestInstance } from '../model/guest.ts';
import type { Answer } from '../ports/executor.ts';
import type { Found, GuestFinder } from '../ports/guests.ts';
import type { Host } from '../ports/host.ts';
import { listFolders, namelessFolders } from './list-folders.ts';
import { candidateCgroups, type FoldersIn, guestOfCgroup } from './lxc-cgroup.ts';
import { readLxcConfig } from './lxc-config.ts';
import { isGuestOf, isKeeper, keeperOf, monitorCgroups } from './lxc-monitor.ts';
import { MonitorSockets } from './lxc-socket.ts';
import { stoppedNow } from './lxc-stops.ts';
import { unreadFolder } from './unread-folder.ts';
import { watchIfThere } from './watch.ts';

export interface LxcOptions {
  readonly host: Host;
  /** Where LXC keeps its guests, one folder each: /var/lib/lxc. */
  readonly lxcPath: string;
  /** The mount point of the hierarchy that device grants are written to. */
  readonly hierarchy: string;
  /** LXC's tools that change what a guest may open: lxc-cgroup, lxc-device. Nothing else tells of it. */
  readonly tools: readonly string[];
  /** Those that stop a guest: lxc-stop. */
  readonly stops: readonly string[];
}

/** Ids of the folders that are watched. */
const GUESTS = 'lxc-guests';
const GUEST = 'lxc-guest:';
const CGROUPS = 'lxc-cgroups';
const TOOL = 'lxc-tool:';
const STOP = 'lxc-stop:';

/** Those of all that are configured. */
export function lxcNames(lxcPath: string): readonly string[] {
  return listFolders(lxcPath).filter((name) => existsSync(join(lxcPath, name, 'config')));
}

/** Those of which nobody can say the name, by their folders. */
export function namelessLxc(lxcPath: string): readonly Refusal[] {
  return namelessFolders(lxcPath, 'config').map(({ escaped, odd }) => ({
    code: 'E_GUEST_NAME',
    subject: `${lxcPath}/${escaped}`,
    detail: odd,
  }));
}

/** LXC's guests: configured by a folder with a file `config`, running when their payload cgroup has an init. */
export function lxcFinder({ host, lxcPath, hierarchy, tools, stops }: LxcOptions): GuestFinder {
  const monitors = new MonitorSockets();
  const isKnown = (name: string) => existsSync(join(lxcPath, name));
  const watch = (id: string, path: string) => watchIfThere(id, path, host.watchFolder);
  const foldersIn = (folder: string) => listFolders(join(hierarchy, folder));
  const look = async (name: string, cgroupsIn: FoldersIn = foldersIn): Promise<Answer<Seen | undefined>> => {
    const config = readLxcConfig(join(lxcPath, name, 'config'));
    if (config === undefined) return { ok: true, value: undefined };
    const running = await lookIn(host, candidateCgroups(name, config, cgroupsIn), (pid) =>
      isGuestOf(pid, lxcPath, name),
    );
    if (!running.ok) return running;
    const { instance, isStarting } = running.value;
    return { ok: true, value: { guest: { name, runtime: 'lxc', ...(instance && { instance }) }, isStarting } };
  };

  return {
    async locate(name) {
      const seen = await look(name);
      return seen.ok ? { ok: true, value: seen.value?.guest } : seen;
    },
    async find() {
      const above = await Promise.all([
        watch(GUESTS, lxcPath),
        watch(CGROUPS, hierarchy),
        watch(`${CGROUPS}:lxc`, join(hierarchy, 'lxc')),
        ...watchTools(host, tools, stops),
      ]);
      const names = listFolders(lxcPath);
      const below = await Promise.all(names.map((name) => watch(`${GUEST}${name}`, join(lxcPath, name))));
      const cgroupsIn = readOnce(foldersIn);
      const all = await Promise.all(names.map((name) => look(name, cgroupsIn)));
      return allOf(all, [unreadFolder(lxcPath, USUAL_LXC_PATH), ...above, ...below].flat(), namelessLxc(lxcPath));
    },
    // A hook of its own may take long; and where the search for its init is cut, nothing tells when it can be met.
    awaitsInit: async (name) => monitors.has(lxcPath, name),
    stopping: async () => stoppedNow(lxcPath),
    isCleared: (name) => !monitors.has(lxcPath, name),
    keeper: ({ pid }) => keeperOf(pid),
    cgroups: ({ pid }) => monitorCgroups(pid),
    isAtWork: isKeeper,
    configuredDevices: (name) => readLxcConfig(join(lxcPath, name, 'config'))?.devices,
    concerns(id, name) {
      // A new folder is watched from the next find on: its config is written later.
      if (id === GUESTS) return 'all';
      if (id.startsWith(GUEST)) return name === 'config' ? { guest: id.slice(GUEST.length) } : undefined;
      return id.startsWith(CGROUPS) ? inCgroups(id, name, isKnown) : concernOfTool(id);
    },
  };
}

function inCgroups(
  id: string,
  name: string,
  isKnown: (name: string) => boolean,
): { guest: string } | 'all' | undefined {
  if (name === 'lxc') return 'all';
  const guest = id === CGROUPS ? guestOfCgroup(name, isKnown) : name;
  return guest === undefined ? undefined : { guest };
}

function watchTools(host: Host, tools: readonly string[], stops: readonly string[]) {
  return [
    ...tools.map((tool) => watchIfThere(`${TOOL}${tool}`, tool, host.watchProgram)),
    ...stops.map((tool) => watchIfThere(`${STOP}${tool}`, tool, host.watchRuns)),
  ];
}

function concernOfTool(id: string): 'permissions' | 'stops' | undefined {
  if (id.startsWith(TOOL)) return 'permissions';
  return id.startsWith(STOP) ? 'stops' : undefined;
}

// There are as many cgroups in it as there are guests.
function readOnce(foldersIn: FoldersIn): FoldersIn {
  const known = new Map<string, readonly string[]>();
  return (folder) => {
    const folders = known.get(folder) ?? foldersIn(folder);
    known.set(folder, folders);
    return folders;
  };
}

interface Seen {
  readonly guest: Guest;
  /** A cgroup of it is there, and no init yet. */
  readonly isStarting: boolean;
}

// A cgroup that is not there has no init; an executor that is not there says nothing about any of them.
async function lookIn(
  host: Host,
  cgroups: readonly string[],
  isOurs: (initPid: number) => boolean,
): Promise<Answer<{ readonly instance?: GuestInstance; readonly isStarting: boolean }>> {
  let isStarting = false;
  for (const cgroup of cgroups) {
    const inits = await host.inits(cgroup);
    if (!inits.ok && inits.failed.call === 'executor') return inits;
    if (!inits.ok && inits.failed.errno === 'E2BIG') isStarting = true; // one that nobody has met yet is looked for again
    if (!inits.ok) continue;
    // Only the outermost: further ones run inside that guest, which may call its processes as it likes.
    const [init] = inits.value;
    if (init === undefined) isStarting = true;
    else if (isOurs(init.pid)) return { ok: true, value: { instance: { ...init, cgroup }, isStarting: false } };
  }
  return { ok: true, value: { isStarting } };
}

function allOf(
  looks: readonly Answer<Seen | undefined>[],
  unheard: readonly Refusal[],
  nameless: readonly Refusal[],
): Answer<Found> {
  const seen: Seen[] = [];
  for (const one of looks) {
    if (!one.ok) return one;
    if (one.value !== undefined) seen.push(one.value);
  }
  const starting = seen.filter(({ isStarting }) => isStarting).map(({ guest }) => guest.name);
  const guests = seen.map(({ guest }) => guest);
  return { ok: true, value: { guests, starting, unheard, ...(nameless.length > 0 && { nameless }) } };
}
