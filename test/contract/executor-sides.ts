import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestExecutor } from '../../src/linux/executor.ts';
import { executorProcess } from '../../src/linux/executor-process.ts';
import { executorProgram } from '../../src/linux/programs.ts';
import type { GuestInstance } from '../../src/model/guest.ts';
import type { Executor } from '../../src/ports/executor.ts';
import type { HostEvent } from '../../src/ports/host.ts';
import { fakeExecutor } from '../fakes/executor.ts';
import { Machine } from '../fakes/machine.ts';
import { startTime } from '../kernel/start-time.ts';
import { type GuestWish, TestGuest } from '../kernel/test-guest.ts';
import { memoryDevice } from './memory-device.ts';

export type Thing = 'file' | 'fifo' | 'folder' | 'link';

/** An executor, one guest that runs and that it has not opened, and the guest's own hands. */
export interface Side {
  readonly executor: Executor;
  readonly guest: string;
  readonly instance: GuestInstance;
  /** What the executor said unasked. */
  readonly events: readonly HostEvent[];
  /** Somebody in the guest makes it; a link leads to `null`. */
  puts(thing: Thing, path: string): Promise<void>;
  unlinks(path: string): Promise<void>;
  ends(): void;
  stop(): Promise<void>;
}

export async function inMemory(): Promise<Side> {
  const machine = new Machine();
  machine.devices = [3, 5, 7, 11].map(memoryDevice);
  const events: HostEvent[] = [];
  machine.listener = (event) => events.push(event);
  const { instance } = machine.start('web1');
  return {
    executor: fakeExecutor(machine),
    guest: 'web1',
    instance,
    events,
    puts: async (thing, path) =>
      machine.tamper('web1', path, thing === 'link' ? { kind: thing, target: 'null' } : { kind: thing }),
    unlinks: async (path) => machine.tamper('web1', path, undefined),
    ends: () => machine.stop('web1'),
    stop: async () => {},
  };
}

/** The real executor, in namespaces of its own, with a guest made of namespaces. */
export async function onKernel(wish: GuestWish): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-contract-'));
  const guest = await TestGuest.start({ ...wish, confined: true });
  for (const command of ['mkdir /etc', 'write /etc/passwd root:x:0:0::/:', 'write /etc/group scanner:x:104:'])
    await guest.does(command);
  const events: HostEvent[] = [];
  const program = apart(folder, executorProgram());
  const channel = executorProcess({ program, runFolder: folder, onEvent: (event) => events.push(event) });
  const does = async (command: string) => {
    const answer = await guest.does(command);
    if (answer !== 'ok') throw new Error(`${command}: ${answer}`);
  };
  return {
    executor: guestExecutor(channel),
    guest: guest.name,
    instance: { pid: guest.pid, startTime: `${startTime(guest.pid)}`, cgroup: guest.cgroup },
    events,
    puts: (thing, path) => does(COMMANDS[thing](path)),
    unlinks: (path) => does(`unlink ${path}`),
    ends: () => guest.end(),
    async stop() {
      await channel.close();
      await guest.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

const COMMANDS: Readonly<Record<Thing, (path: string) => string>> = {
  file: (path) => `write ${path} text`,
  fifo: (path) => `fifo ${path}`,
  folder: (path) => `mkdir ${path}`,
  link: (path) => `symlink null ${path}`,
};

// What it mounts ends with it.
function apart(folder: string, program: string): string {
  const script = join(folder, 'executor');
  writeFileSync(script, `#!/bin/sh\nexec unshare -m -n '${program}' "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}
