import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestInstance } from '../model/guest.ts';
import { cgroupsOf, type ReadFile } from './cgroup-text.ts';
import type { Controllers } from './controllers.ts';

/** By controller, v2 by the empty name; undefined: the guest is not in it. */
export type FolderOf = (controller: string) => string | undefined;

/**
 * Where the guest's cgroup is for a controller; undefined: its processes are not in it there, so that what is written would
 * hold somebody else. A runtime need not make a cgroup of the same name in every hierarchy of v1.
 */
export function cgroupFolders(controllers: Controllers, { pid, cgroup }: GuestInstance): FolderOf {
  const own = ownCgroups(pid);
  return (controller) => {
    const mount = controllers.mountOf(controller);
    const path = own.get(controllers.hierarchy === 'v1' ? controller : '');
    if (mount === undefined || path === undefined || !isBelow(path, cgroup)) return undefined;
    return join(mount, cgroup);
  };
}

/** The same in cgroup v2, whether any controller is there or not. */
export function unifiedFolder({ v2Mount }: Controllers, { pid, cgroup }: GuestInstance): string | undefined {
  const path = ownCgroups(pid).get('');
  return v2Mount !== undefined && path !== undefined && isBelow(path, cgroup) ? join(v2Mount, cgroup) : undefined;
}

/** Reads a control file of the guest, such as memory.max. */
export function fileReader(folderOf: FolderOf): ReadFile {
  return (file) => {
    const folder = folderOf(controllerOf(file));
    return folder === undefined ? undefined : readIfThere(join(folder, file));
  };
}

export function controllerOf(file: string): string {
  return file.slice(0, file.indexOf('.'));
}

/** Undefined: it is not there. */
export function inodeOf(path: string | undefined): number | undefined {
  return path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })?.ino;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return undefined; // this kernel does not have it, or the guest ended meanwhile
  }
}

function ownCgroups(pid: number): ReadonlyMap<string, string> {
  try {
    return cgroupsOf(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
  } catch {
    return new Map(); // it ended meanwhile
  }
}

function isBelow(path: string, cgroup: string): boolean {
  return path === cgroup || path.startsWith(`${cgroup}/`);
}
