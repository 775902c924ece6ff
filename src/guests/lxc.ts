import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest, GuestInstance } from '../model/guest.ts';
import type { GuestFinder } from '../ports/guests.ts';
import type { Host } from '../ports/host.ts';
import { candidateCgroups, guestOfCgroup } from './lxc-cgroup.ts';
import { readLxcConfig } from './lxc-config.ts';

export interface LxcOptions {
  readonly host: Host;
  /** Where LXC keeps its guests, one folder each: /var/lib/lxc. */
  readonly lxcPath: string;
  /** The mount point of the hierarchy that device grants are written to. */
  readonly hierarchy: string;
}

/** Ids of the folders that are watched. */
const GUESTS = 'lxc-guests';
const GUEST = 'lxc-guest:';
const CGROUPS = 'lxc-cgroups';

/** LXC's guests: configured by a folder with a file `config`, running when their payload cgroup has an init. */
export function lxcFinder({ host, lxcPath, hierarchy }: LxcOptions): GuestFinder {
  const watched = new Set<string>();
  const watch = async (id: string, path: string) => {
    if (watched.has(id) || !existsSync(path)) return;
    watched.add(id);
    const answer = await host.watchFolder(id, path);
    if (!answer.ok) watched.delete(id);
  };
  const locate = async (name: string): Promise<Guest | undefined> => {
    const config = readLxcConfig(join(lxcPath, name, 'config'));
    if (config === undefined) return undefined;
    const instance = await runningInstance(host, candidateCgroups(name, config, hierarchy));
    return { name, runtime: 'lxc', ...(instance && { instance }) };
  };

  return {
    locate,
    async find() {
      await watch(GUESTS, lxcPath);
      await watch(CGROUPS, hierarchy);
      await watch(`${CGROUPS}:lxc`, join(hierarchy, 'lxc'));
      const names = listFolders(lxcPath);
      await Promise.all(names.map((name) => watch(`${GUEST}${name}`, join(lxcPath, name))));
      const found = await Promise.all(names.map(locate));
      return found.filter((guest) => guest !== undefined);
    },
    concerns(id, name) {
      // A new folder is watched from the next find on: its config is written later.
      if (id === GUESTS) return 'all';
      if (id.startsWith(GUEST)) return name === 'config' ? { guest: id.slice(GUEST.length) } : undefined;
      if (!id.startsWith(CGROUPS)) return undefined;
      if (name === 'lxc') return 'all';
      const guest = id === CGROUPS ? guestOfCgroup(name) : name;
      return guest === undefined ? undefined : { guest };
    },
    forget: () => watched.clear(),
  };
}

async function runningInstance(host: Host, cgroups: readonly string[]): Promise<GuestInstance | undefined> {
  for (const cgroup of cgroups) {
    const inits = await host.inits(cgroup);
    const init = inits.ok ? inits.value[0] : undefined;
    if (init !== undefined) return { ...init, cgroup };
  }
  return undefined;
}

function listFolders(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return []; // LXC is not installed, or has no guest yet
  }
}
