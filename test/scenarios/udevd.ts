import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { eventually } from './eventually.ts';

const PROGRAMS = ['/lib/systemd/systemd-udevd', '/usr/lib/systemd/systemd-udevd'];

/** Debian's own udevd as a plain process of the test's namespaces. */
export interface Udevd {
  readonly pid: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startUdevd(): Promise<Udevd> {
  const program = PROGRAMS.find((path) => existsSync(path));
  if (program === undefined) throw new Error('udevd is not installed');
  const child = spawn(program, ['--resolve-names=early'], { stdio: 'ignore' });
  // One that was killed has left its socket. It answers when it hears the kernel.
  await eventually(() => execFileSync('udevadm', ['control', '--ping'], { stdio: 'pipe' }));
  return { pid: child.pid ?? 0, stop: (signal = 'SIGTERM') => ended(child, signal) };
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
