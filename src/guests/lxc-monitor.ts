import { readFileSync } from 'node:fs';
import { isAlive, statOf } from './is-alive.ts';

const TITLE = '[lxc monitor] ';

/**
 * Whether this init is the guest NAME of that folder: LXD, Incus and another LXC folder name their cgroups alike, and a device
 * must not go to a namesake. LXC's monitor, the parent of every init, has folder and name in its title; one that runs in the
 * foreground has no title and is taken at its cgroup's word.
 */
export function isGuestOf(initPid: number, lxcPath: string, name: string): boolean {
  try {
    const title = titleOf(parentOf(initPid));
    return !title.startsWith(TITLE) || title === `${TITLE}${lxcPath} ${name}`;
  } catch {
    return false; // it ended meanwhile
  }
}

/** LXC's monitor, which starts a guest anew that reboots: number and start time. Undefined: the init has another parent. */
export function keeperOf(initPid: number): string | undefined {
  try {
    const parent = parentOf(initPid);
    const isMonitor =
      titleOf(parent).startsWith(TITLE) || readFileSync(`/proc/${parent}/comm`, 'utf8').startsWith('lxc-');
    return isMonitor ? `${parent} ${statOf(parent)[19]}` : undefined;
  } catch {
    return undefined; // it ended meanwhile
  }
}

/** Where LXC has put its monitor, in whichever hierarchy. */
export function monitorCgroups(initPid: number): readonly string[] {
  try {
    const lines = readFileSync(`/proc/${parentOf(initPid)}/cgroup`, 'utf8').split('\n');
    return [...new Set(lines.map((line) => line.replace(/^\d+:[^:]*:/, '')).filter(isMonitors))];
  } catch {
    return []; // it ended meanwhile
  }
}

function isMonitors(cgroup: string): boolean {
  return /\/lxc\.monitor\.[^/]+$/.test(cgroup);
}

/** Whether that one is still there. */
export function isKeeper(keeper: string): boolean {
  const [pid = '', startTime] = keeper.split(' ');
  return isAlive(pid, startTime);
}

function titleOf(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0.*$/s, '');
}

function parentOf(pid: number): string {
  const [, parent = ''] = statOf(pid);
  return parent;
}
