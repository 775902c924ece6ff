import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parentOf, startTime } from './start-time.ts';

const { HOSTLER_TEST_NOTED: list } = process.env;

/** Whether anybody reads what is noted. */
export const isNoted = list !== undefined;

/**
 * Notes the name of a cgroup that a test is about to make: whatever becomes of the run, scripts/namespace.sh takes it away when it is
 * empty, and its namesakes with a number behind them.
 */
export function noteCgroup(name: string): void {
  note('cgroup', name);
}

/** Notes loop devices that a test is about to plug in: they are unplugged whatever becomes of the run. */
export function noteLoops(first: number, count: number): void {
  note('loop', `${first} ${count}`);
}

/** Notes the init of an LXC guest that runs, and LXC's monitor, which is its parent: both end whatever becomes of the run. */
export function noteGuest(initPid: number): void {
  const monitor = parentOf(initPid);
  note('guest', `${initPid} ${startTime(initPid)} ${monitor} ${startTime(monitor)}`);
}

/** Notes a folder among those for what is temporary: it is removed, with all that is in it, whatever becomes of the run. */
export function noteFolder(path: string): void {
  note('folder', basename(path));
}

function note(kind: 'cgroup' | 'loop' | 'guest' | 'folder', what: string): void {
  if (list !== undefined) appendFileSync(list, `${kind} ${what}\n`);
}
