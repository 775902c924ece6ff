import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { devicesHierarchy, hostControllers } from '../src/linux/controllers.ts';
import type { Machine } from '../test/fakes/machine.ts';
import { noteCgroup } from '../test/kernel/noted.ts';
import { ended } from './contained.ts';

/** What each of them is limited to, where its host has such a file. */
const LIMITS = { 'memory.limit_in_bytes': '64M', 'memory.max': '64M', 'pids.max': '40' };

interface CrowdGuest {
  readonly name: string;
  readonly cgroup: string;
  readonly init: ChildProcess;
}

/** Guests of which only the cgroups are real, and one process in each. */
export class Crowd {
  readonly guests: CrowdGuest[] = [];
  readonly #above = `/hostler-bench-${process.pid}`;
  readonly #controllers = hostControllers();
  readonly #mounts = new Set([
    devicesHierarchy(),
    ...['memory', 'cpu', 'cpuacct', 'pids', 'blkio'].flatMap((name) => this.#controllers.mountOf(name) ?? []),
  ]);

  constructor() {
    noteCgroup(this.#above.slice(1));
    for (const mount of this.#mounts) mkdirSync(join(mount, this.#above));
  }

  growTo(count: number): void {
    while (this.guests.length < count) this.guests.push(this.#start(`guest${this.guests.length}`));
  }

  /** They run on this machine. */
  enter(machine: Machine): void {
    machine.cgroupOf = (name) => `${this.#above}/${name}`;
    for (const { name, init } of this.guests) Object.assign(machine.start(name).instance, { pid: init.pid });
  }

  async end(): Promise<void> {
    await Promise.all(this.guests.map(({ init }) => ended(init)));
    for (const mount of this.#mounts) {
      for (const { cgroup } of this.guests) rmdirSync(join(mount, cgroup));
      rmdirSync(join(mount, this.#above));
    }
  }

  #start(name: string): CrowdGuest {
    const cgroup = `${this.#above}/${name}`;
    const init = spawn('sleep', ['infinity'], { stdio: 'ignore' });
    for (const mount of this.#mounts) {
      mkdirSync(join(mount, cgroup));
      writeFileSync(join(mount, cgroup, 'cgroup.procs'), String(init.pid));
      for (const [file, value] of Object.entries(LIMITS)) {
        const path = join(mount, cgroup, file);
        if (existsSync(path)) writeFileSync(path, value);
      }
    }
    return { name, cgroup, init };
  }
}
