import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestInstance } from '../model/guest.ts';
import { cgroupsOf } from './cgroup-text.ts';
import type { Controllers } from './controllers.ts';

/**
 * Where the guest's cgroup is for a controller; undefined: its processes are not in it there, so that what is written would
 * hold somebody else. A runtime need not make a cgroup of the same name in every hierarchy of v1.
 */
export function cgroupFolders(
  controllers: Controllers,
  { pid, cgroup }: GuestInstance,
): (controller: string) => string | undefined {
  const own = ownCgroups(pid);
  return (controller) => {
    const mount = controllers.mountOf(controller);
    const path = own.get(controllers.hierarchy === 'v1' ? controller : '');
    if (mount === undefined || path === undefined || !isBelow(path, cgroup)) return undefined;
    return join(mount, cgroup);
  };
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
