import type { LxcConfig } from './lxc-config.ts';

const PAYLOAD = 'lxc.payload.';

/** The names of the folders in a folder of the hierarchy; none where it is not there. */
export type FoldersIn = (folder: string) => readonly string[];

/**
 * Where a guest's processes may be, below the hierarchy, most likely first: LXC 4 and later use lxc.payload.NAME, with -1, -2
 * behind it when a former one could not be removed; LXC 2 and 3 use lxc/NAME.
 */
export function candidateCgroups(name: string, config: LxcConfig, foldersIn: FoldersIn): readonly string[] {
  if (config.payloadCgroup !== undefined) return [absolute(config.payloadCgroup)];
  const folder = config.cgroupFolder === undefined ? '' : absolute(config.cgroupFolder);
  const usual = `${folder}/${PAYLOAD}${name}`;
  return [usual, ...numbered(foldersIn, folder, `${PAYLOAD}${name}-`), `/lxc/${name}`];
}

/** The guest that a payload cgroup belongs to by its name, with or without LXC's number behind it; undefined: it is none's. */
export function guestOfCgroup(cgroup: string, isGuest: (name: string) => boolean): string | undefined {
  if (!cgroup.startsWith(PAYLOAD)) return undefined;
  const name = cgroup.slice(PAYLOAD.length);
  return [name, name.replace(/-\d+$/, '')].find(isGuest);
}

function numbered(foldersIn: FoldersIn, folder: string, prefix: string): readonly string[] {
  const isNumbered = (name: string) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
  return foldersIn(folder)
    .filter(isNumbered)
    .map((name) => `${folder}/${name}`);
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}
