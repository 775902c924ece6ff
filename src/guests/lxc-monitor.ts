import { readFileSync } from 'node:fs';

const TITLE = '[lxc monitor] ';

/**
 * Whether this init is the guest NAME of that folder: LXD, Incus and another LXC folder name their cgroups alike, and a device
 * must not go to a namesake. LXC's monitor, the parent of every init, has folder and name in its title; one that runs in the
 * foreground has no title and is taken at its cgroup's word.
 */
export function isGuestOf(initPid: number, lxcPath: string, name: string): boolean {
  try {
    const title = readFileSync(`/proc/${parentOf(initPid)}/cmdline`, 'utf8').replace(/\0.*$/s, '');
    return !title.startsWith(TITLE) || title === `${TITLE}${lxcPath} ${name}`;
  } catch {
    return false; // it ended meanwhile
  }
}

// proc(5): PID (COMM) STATE PPID ..., and COMM may hold anything.
function parentOf(pid: number): string {
  const [, parent = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return parent;
}
