import { appendFileSync } from 'node:fs';

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

function note(kind: 'cgroup' | 'loop', what: string): void {
  const { HOSTLER_TEST_NOTED: list } = process.env;
  if (list !== undefined) appendFileSync(list, `${kind} ${what}\n`);
}
