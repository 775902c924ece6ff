import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { devicesCgroup } from '../test/scenarios/devices-cgroup.ts';

/**
 * When each event of one device was seen, in microseconds of the monotonic clock, from its plugging in to its unplugging:
 * `kernel-add`, `udev-add`, `usable`, `kernel-remove`, `udev-remove`, `gone`.
 */
export type Sightings = ReadonlyMap<string, number>;

export interface Stopwatch {
  /** One a plugging in, in order. */
  plugs(): readonly Sightings[];
  /** Resolves when it has said all that it saw, and has left the guest's cgroup. */
  stop(): Promise<void>;
}

const PROGRAMS = join(import.meta.dirname, '../native/build/bench');

/** Where a compiled program of this folder is. */
export function compiled(name: string): string {
  return join(PROGRAMS, name);
}

/** Watches one guest's /dev for names that a shell pattern takes, and both groups of uevents, from a process in the guest's cgroup. */
export async function startStopwatch(initPid: number, pattern: string): Promise<Stopwatch> {
  const words = [`/proc/${initPid}/root/dev`, `${devicesCgroup(initPid)}/cgroup.procs`, pattern];
  const child = spawn(compiled('stopwatch'), words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const plugs: Map<string, number>[] = [];
  const latest = new Map<string, Map<string, number>>();
  await hear(child, ([event = '', name = '', at = '']) => {
    if (event === 'kernel-add') {
      latest.set(name, new Map());
      plugs.push(latest.get(name) ?? new Map());
    }
    const plug = latest.get(name);
    if (plug !== undefined && !plug.has(event)) plug.set(event, Number(at));
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
  };
  return { plugs: () => plugs, stop };
}

function hear(child: ChildProcess, take: (words: readonly string[]) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the stopwatch ended with ${code}`)));
    if (child.stdout === null) return;
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('ready')) resolve();
      else take(line.split(' '));
    });
  });
}
