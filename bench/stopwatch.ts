import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** When each event of a device was seen, in microseconds of the monotonic clock. */
export type Sightings = Map<string, number>;

export interface Stopwatch {
  /** Of one device, by its name: `kernel-add`, `udev-add`, `usable`, `kernel-remove`, `gone`. */
  sightings(name: string): Sightings;
  stop(): void;
}

const ROOT = join(import.meta.dirname, '..');

/** Compiles a program of this folder and answers where it is. */
export function compiled(name: string): string {
  const folder = join(ROOT, 'native/build/bench');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, name);
  const flags = ['-std=gnu17', '-D_GNU_SOURCE=', '-Wall', '-Wextra', '-Werror', '-O2', '-static'];
  execFileSync('gcc', [...flags, '-o', program, join(import.meta.dirname, `${name}.c`)]);
  return program;
}

/** Watches one guest's /dev and both groups of uevents from a process inside the guest's devices cgroup. */
export async function startStopwatch(initPid: number): Promise<Stopwatch> {
  const words = [`/proc/${initPid}/root/dev`, `${devicesCgroup(initPid)}/cgroup.procs`];
  const child = spawn(compiled('stopwatch'), words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const seen = new Map<string, Sightings>();
  const sightings = (name: string): Sightings => {
    const known = seen.get(name) ?? new Map<string, number>();
    seen.set(name, known);
    return known;
  };
  await hear(child, ([event = '', name = '', at = '']) => {
    if (!sightings(name).has(event)) sightings(name).set(event, Number(at));
  });
  return { sightings, stop: () => void child.kill('SIGTERM') };
}

/** The folder of the v1 devices controller that a process is in. */
export function devicesCgroup(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const line = lines.find((one) => one.split(':')[1] === 'devices');
  if (line === undefined) throw new Error('this host has no v1 devices controller');
  return `/sys/fs/cgroup/devices${line.split(':')[2]}`;
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
