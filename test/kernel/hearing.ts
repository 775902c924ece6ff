import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fixture } from './listening.ts';

/** A program inside a guest that hears uevents, the kernel's and udev's. */
export interface Hearing {
  /** What was heard so far: a line a message, its parts separated by tabs. */
  readonly heard: readonly string[];
  end(): Promise<void>;
}

export async function hearIn(initPid: number): Promise<Hearing> {
  const child = spawn(fixture('hear'), [String(initPid)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const heard: string[] = [];
  const lines = createInterface({ input: child.stdout });
  await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('it hears nothing'))),
  ]);
  lines.on('line', (line) => heard.push(line));
  return {
    heard,
    async end() {
      if (child.exitCode !== null) return;
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
