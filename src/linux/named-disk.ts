import { type Stats, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { NamedDisk } from '../ports/devices.ts';
import { devpathOf, hasAttribute } from './sysfs.ts';

/** The disk that a name of the host leads to now. A node that is left over from a disk that is gone is none. */
export function namedDisk(name: string): NamedDisk {
  const stat = look(name);
  if (stat === undefined || !stat.isBlockDevice()) return { kind: 'absent' };
  const [major, minor] = [majorOf(stat.rdev), minorOf(stat.rdev)];
  const devpath = devpathOf(`/sys/dev/block/${major}:${minor}`);
  if (devpath === undefined) return { kind: 'absent' };
  if (!hasAttribute(devpath, 'partition')) return { kind: 'disk', number: `${major}:${minor}` };
  // The kernel writes a slash in a name as an exclamation mark.
  return { kind: 'partition', of: `/dev/${basename(dirname(devpath)).replaceAll('!', '/')}` };
}

function look(name: string): Stats | undefined {
  try {
    return statSync(name, { throwIfNoEntry: false });
  } catch {
    return undefined; // links in a circle, or a folder on the way that is none
  }
}

// makedev(3): the number is wider than what bit operations of this language keep.
function majorOf(rdev: number): number {
  return Math.floor(rdev / 2 ** 8) % 2 ** 12;
}

function minorOf(rdev: number): number {
  return (rdev % 2 ** 8) + (Math.floor(rdev / 2 ** 20) % 2 ** 12) * 2 ** 8;
}
