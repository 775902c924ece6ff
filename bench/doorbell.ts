import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { devicesCgroup } from '../test/scenarios/devices-cgroup.ts';
import { compiled } from './stopwatch.ts';

/** Microseconds of the monotonic clock at which a node came to be open or refused. */
export interface Attempt {
  readonly is: 'open' | 'refused';
  readonly at: number;
}

/** Tries a node of a guest from inside its cgroup until it is stopped; resolves when that has begun. */
export async function ringAt(init: number, node: string): Promise<{ stop(): readonly Attempt[] }> {
  const words = [`${devicesCgroup(init)}/cgroup.procs`, `/proc/${init}/root${node}`];
  const child = spawn(compiled('doorbell'), words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const attempts: Attempt[] = [];
  const lines = createInterface({ input: child.stdout }).on('line', (line) => {
    const [is, at] = line.split(' ');
    attempts.push({ is: is === 'open' ? 'open' : 'refused', at: Number(at) });
  });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${code}`)));
  ended.catch(() => undefined); // when it is stopped
  await Promise.race([once(lines, 'line'), ended]);
  return {
    stop() {
      child.kill('SIGTERM');
      return attempts;
    },
  };
}
