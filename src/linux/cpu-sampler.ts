import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { CpuSample } from '../model/cpu-sample.ts';
import type { GuestInstance } from '../model/guest.ts';
import { cgroupFolders } from './cgroup-folders.ts';
import type { Controllers } from './controllers.ts';

/** Reads guests' CPU counters again and again: the files stay open, since opening costs four times what reading does. */
export class CpuSampler {
  readonly #controllers: Controllers;
  /** By cgroup. */
  readonly #open = new Map<string, readonly number[]>();

  constructor(controllers: Controllers) {
    this.#controllers = controllers;
  }

  /** Undefined: the guest's cgroup is gone, or has no CPU controller. */
  sample(instance: GuestInstance): CpuSample | undefined {
    const kept = this.#open.get(instance.cgroup);
    const texts = kept && readAll(kept);
    if (texts !== undefined) return sampleOf(texts);
    this.forget(instance); // another start of the guest, or its end
    const opened = this.#openFiles(instance);
    if (opened.length === 0) return undefined;
    this.#open.set(instance.cgroup, opened);
    return sampleOf(readAll(opened) ?? []);
  }

  forget({ cgroup }: GuestInstance): void {
    for (const file of this.#open.get(cgroup) ?? []) closeSync(file);
    this.#open.delete(cgroup);
  }

  #openFiles(instance: GuestInstance): readonly number[] {
    const folderOf = cgroupFolders(this.#controllers, instance);
    const [cpu, accounting] = [folderOf('cpu'), folderOf('cpuacct')];
    if (cpu === undefined || accounting === undefined) return [];
    const onV1 = this.#controllers.hierarchy === 'v1' ? [join(accounting, 'cpuacct.usage')] : [];
    return openAll([join(cpu, 'cpu.stat'), ...onV1]);
  }
}

function openAll(paths: readonly string[]): readonly number[] {
  const files: number[] = [];
  try {
    for (const path of paths) files.push(openSync(path, 'r'));
    return files;
  } catch {
    for (const file of files) closeSync(file);
    return []; // it ended meanwhile
  }
}

const text = Buffer.alloc(4096);

function readAll(files: readonly number[]): readonly string[] | undefined {
  try {
    return files.map((file) => text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)));
  } catch {
    return undefined; // ENODEV: the cgroup was removed
  }
}

// v1 counts nanoseconds in a file of its own.
function sampleOf([stat, nanoseconds]: readonly string[]): CpuSample | undefined {
  const atUs = Number(process.hrtime.bigint() / 1000n);
  const usedUs = nanoseconds === undefined ? numberAfter(USAGE, stat) : Math.floor(Number(nanoseconds) / 1000);
  if (usedUs === undefined) return undefined;
  return { atUs, usedUs, throttles: numberAfter(THROTTLES, stat) ?? 0 };
}

const USAGE = /^usage_usec (\d+)$/m;
const THROTTLES = /^nr_throttled (\d+)$/m;

function numberAfter(pattern: RegExp, text = ''): number | undefined {
  const [, number] = pattern.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}
