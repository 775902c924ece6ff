import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { readStart } from './read-start.ts';

/** A folder as the kernel names what is mounted: which file system, and where in it. */
export interface MountRoot {
  readonly device: string;
  readonly root: string;
}

/** Where a folder of the host lies; undefined: nowhere. */
export function mountOf(path: string, mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): MountRoot | undefined {
  const above = parse(mountinfo).filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`));
  const nearest = above.reduce<Mount | undefined>((a, b) => (a && a.point.length > b.point.length ? a : b), undefined);
  if (nearest === undefined) return undefined;
  const rest = relative(nearest.point, path);
  return { device: nearest.device, root: `${nearest.root === '/' ? '' : nearest.root}/${rest}` };
}

// A guest may mount what it likes behind those that were made for it.
const READ_BYTES = 256 * 1024;

/** What a process has mounted; nothing: it ended. */
export function mountsOf(pid: number): readonly MountRoot[] {
  return parse(readStart(`/proc/${pid}/mountinfo`, READ_BYTES));
}

/** Whether this folder of the host is mounted somewhere: no guest can make that so by itself. */
export function hasMount(mounts: readonly MountRoot[], { device, root }: MountRoot): boolean {
  return mounts.some((one) => one.device === device && one.root === root);
}

interface Mount extends MountRoot {
  readonly point: string;
}

// proc(5): ID PARENT MAJOR:MINOR ROOT MOUNT-POINT ..., and later mounts hide former ones.
function parse(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [, , device, root, point] = line.split(' ');
    return device === undefined || root === undefined || point === undefined ? [] : [{ device, root, point }];
  });
}
