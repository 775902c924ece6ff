import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fixture } from './listening.ts';

/** Swaps a path of a guest with what it must not be, from inside, as fast as it can. */
export interface Attacker {
  /** Ends it, the path being what it was, and resolves with how often it was swapped. */
  stop(): Promise<number>;
}

export async function startAttacker(initPid: number, path: string, evils: readonly string[]): Promise<Attacker> {
  const child: ChildProcess = spawn(fixture('swap'), [String(initPid), path, ...evils], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('the attacker says nothing');
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  return {
    async stop() {
      const last = once(lines, 'line');
      child.stdin?.end();
      const [said] = await last;
      return Number(String(said).split(' ')[1]);
    },
  };
}
