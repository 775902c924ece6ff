import { lstatSync, type Stats } from 'node:fs';
import type { HostNode } from '../model/device.ts';
import { nameFile } from './name-file.ts';

const owners = nameFile('/etc/passwd');
const groups = nameFile('/etc/group');

/** The permissions of a node in the host's /dev; undefined: there is no such device node. */
export function readHostNode(path: string): HostNode | undefined {
  const stat = look(path);
  if (stat === undefined || !(stat.isCharacterDevice() || stat.isBlockDevice())) return undefined;
  return { mode: stat.mode & 0o777, owner: owners.name(stat.uid), group: groups.name(stat.gid) };
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a folder on the way that is none, or that this process may not enter
  }
}
