import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where device grants are written: the mount point of the v1 devices controller, or of the v2 hierarchy where there is none.
 * Throws when the host has neither.
 */
export function devicesHierarchy(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): string {
  const mounts = mountinfo.split('\n').map(parseMount);
  const devices = mounts.find(({ type, options }) => type === 'cgroup' && options.split(',').includes('devices'));
  const found = devices ?? mounts.find(({ type }) => type === 'cgroup2');
  if (found === undefined) throw new Error('no devices controller and no cgroup v2 is mounted on this host');
  return found.point;
}

/** Whether what is mounted there is v2, where programs decide on devices. */
export function isUnified(hierarchy: string): boolean {
  return existsSync(join(hierarchy, 'cgroup.controllers'));
}

// proc(5): id parent major:minor root MOUNT-POINT options [tags] - TYPE source OPTIONS
function parseMount(line: string) {
  const [before = '', after = ''] = line.split(' - ');
  const [type = '', , options = ''] = after.split(' ');
  return { point: before.split(' ')[4] ?? '', type, options };
}
