import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fixture } from './listening.ts';

/** A device program that somebody attached to a cgroup by hand. */
export interface Denying {
  /** The kernel's id of the program. */
  readonly id: string;
  /** Takes it off. */
  end(): Promise<void>;
}

/** Refuses the character device `MAJOR:MINOR` to the cgroup of this folder and allows all others. */
export async function denyIn(folder: string, number: string): Promise<Denying> {
  const child = spawn(fixture('deny'), [folder, ...number.split(':')], { stdio: ['pipe', 'pipe', 'inherit'] });
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
