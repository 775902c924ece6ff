import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupFolders, controllerOf } from '../src/linux/cgroup-folders.ts';
import { hostControllers } from '../src/linux/controllers.ts';
import { CpuSampler } from '../src/linux/cpu-sampler.ts';
import type { CpuSample } from '../src/model/cpu-sample.ts';
import type { GuestInstance } from '../src/model/guest.ts';
import { compiled } from './stopwatch.ts';

const controllers = hostControllers();
const sampler = new CpuSampler(controllers);

/** Real cgroups that loads are run in. */
export class Contained {
  readonly name: string;
  readonly #instance: GuestInstance;
  readonly #folderOf: (controller: string) => string | undefined;
  readonly #running: ChildProcess[] = [];

  constructor(name: string, instance: GuestInstance) {
    this.name = name;
    this.#instance = instance;
    this.#folderOf = cgroupFolders(controllers, instance);
  }

  run(program: string, ...words: readonly string[]): ChildProcess {
    // And into v2, where the kernel tells that somebody waits.
    const folders = new Set(['cpu', 'cpuacct', 'memory', 'pids', ''].flatMap((name) => this.#folderOf(name) ?? []));
    const enter = [...folders].map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ');
    const child = spawn('sh', ['-c', `${enter} && exec "$@"`, 'sh', program, ...words], { stdio: 'ignore' });
    this.#running.push(child);
    return child;
  }

  /** As bench/burn.c has them. */
  burn(...words: readonly (string | number)[]): ChildProcess {
    return this.run(compiled('burn'), ...words.map(String));
  }

  usage(): CpuSample {
    const sample = sampler.sample(this.#instance);
    if (sample === undefined) throw new Error(`${this.name} has ended`);
    return sample;
  }

  /** What a control file holds. */
  holds(file: string): string {
    return readFileSync(join(this.#folderOf(controllerOf(file)) ?? '', file), 'utf8').trim();
  }

  /** Ends what runs in them of ours. */
  async calm(): Promise<void> {
    await Promise.all(this.#running.splice(0).map(ended));
  }
}

/** Ends it, and resolves when it has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
