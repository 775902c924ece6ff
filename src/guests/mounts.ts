import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { relative } from 'node:path';

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

/** Whether a process has this folder of the host mounted somewhere: no guest can make that so by itself. */
export function hasMount(pid: number, { device, root }: MountRoot): boolean {
  return parse(readStart(`/proc/${pid}/mountinfo`)).some((one) => one.device === device && one.root === root);
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

function readStart(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      return readAll(file);
    } finally {
      closeSync(file);
    }
  } catch {
    return ''; // it ended meanwhile
  }
}

// The kernel gives a page at a time.
function readAll(file: number): string {
  const bytes = Buffer.alloc(READ_BYTES);
  let filled = 0;
  for (let got = 1; got > 0 && filled < bytes.length; filled += got)
    got = readSync(file, bytes, filled, bytes.length - filled, null);
  return bytes.toString('utf8', 0, filled);
}
