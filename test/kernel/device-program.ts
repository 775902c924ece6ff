import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fixture } from './listening.ts';

/** A device program that somebody attached to a cgroup. */
export interface Attached {
  /** The kernel's id of the program. */
  readonly id: string;
  /** Takes it off. */
  end(): Promise<void>;
}

/** Refuses the character device `MAJOR:MINOR` to the cgroup of this folder and allows all others, as somebody does by hand. */
export function denyIn(folder: string, number: string): Promise<Attached> {
  return attach('deny', folder, number);
}

/** The same, and the kernel lets no other be attached beside it. */
export function denyAloneIn(folder: string, number: string): Promise<Attached> {
  return attach('deny-alone', folder, number);
}

/** As LXC makes it: allows only the character device `MAJOR:MINOR`. */
export function allowIn(folder: string, number: string): Promise<Attached> {
  return attach('allow', folder, number);
}

/** Halts a process where it is about to take a program off a cgroup. */
export async function haltAtDetach(pid: number): Promise<{ isHalted(): Promise<void>; goOn(): void }> {
  const child = spawn(fixture('halt'), [String(pid)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const says = async (word: string) => {
    if ((await lines.next()).value !== word) throw new Error(`it was not ${word}`);
  };
  await says('waits');
  return { isHalted: () => says('halted'), goOn: () => child.stdin.end() };
}

async function attach(what: 'deny' | 'deny-alone' | 'allow', folder: string, number: string): Promise<Attached> {
  const words = [what, folder, ...number.split(':')];
  const child = spawn(fixture('device-program'), words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const failed = once(child, 'exit').then(() => Promise.reject(new Error('it could not be attached')));
  const [id] = await Promise.race([once(lines, 'line'), failed]);
  return {
    id: String(id),
    async end() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}
