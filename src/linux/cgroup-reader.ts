import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestInstance } from '../model/guest.ts';
import { DISK_FILES, LIMIT_FILES, type LimitValues } from '../model/limit.ts';
import type { LastCounters, LimitsReading } from '../ports/cgroups.ts';
import { heldAmounts, hitCounters } from './cgroup-counters.ts';
import { COUNTERS, READ_FILES } from './cgroup-files.ts';
import { cgroupFolders, controllerOf, type FolderOf, inodeOf } from './cgroup-folders.ts';
import { diskLines, limitValue, type ReadFile } from './cgroup-text.ts';
import type { Controllers } from './controllers.ts';
import { KeptFiles } from './kept-files.ts';
import { countsKills, KillsSeen } from './kills-seen.ts';
import { countsBelow, RefusalsSeen } from './refusals-seen.ts';

/** The cgroup of one start of a guest. Where it is, is found out once. */
interface Opened {
  readonly epoch: string;
  readonly files: KeptFiles;
  readonly refusals?: RefusalsSeen;
  readonly kills?: KillsSeen;
  /** Those of v2 come and go with what is enabled; of v1, whether its processes were in all of its hierarchies already. */
  readonly has: string | undefined;
  /** What counters said when they were read last, by file: more than that is not known of a cgroup that is gone. */
  readonly said: Map<string, string>;
}

/** Reads guests' cgroups. `named`: where the hierarchy is mounted that guests are named in. */
export class CgroupReader {
  readonly #controllers: Controllers;
  readonly #named: string;
  readonly #bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  readonly #mostOpen = Math.floor(mostDescriptors() / 2);
  readonly #opened = new Map<string, Opened>();
  #open = 0;

  constructor(controllers: Controllers, named: string) {
    this.#controllers = controllers;
    this.#named = named;
  }

  /** Undefined: the guest's cgroup is gone. */
  read(instance: GuestInstance): LimitsReading | undefined {
    const known = this.#opened.get(keyOf(instance));
    if (known?.has !== undefined && known.has === this.#has(known)) {
      const reading = this.#reading(known);
      if (reading !== undefined) return reading;
    }
    const opened = this.#openFiles(instance);
    if (opened === undefined) return undefined;
    this.#forget(instance); // it has more files by now, or fewer
    this.#opened.set(keyOf(instance), opened);
    this.#open += opened.files.open;
    return this.#reading(opened);
  }

  /** Reads single files of a cgroup that was read before; of any other there is none. */
  reads(instance: GuestInstance): ReadFile {
    const files = this.#opened.get(keyOf(instance))?.files;
    return (file) => files?.read(file);
  }

  /** Reads one of its counters, as `end` tells it when the cgroup is gone by then. */
  glance(instance: GuestInstance, file: string): void {
    const opened = this.#opened.get(keyOf(instance));
    if (opened !== undefined && COUNTERS.has(file)) readCounter(opened, file);
  }

  /** This start has ended. Undefined: nobody read it. */
  end(instance: GuestInstance): LastCounters | undefined {
    const opened = this.#opened.get(keyOf(instance));
    if (opened === undefined) return undefined;
    const last = this.#counters(opened, true);
    this.#forget(instance);
    const { epoch, files, said } = opened;
    if (!files.isGone) return last;
    return { epoch, counters: hitCounters(this.#controllers.hierarchy, (file) => said.get(file)) };
  }

  #openFiles(instance: GuestInstance): Opened | undefined {
    const { hierarchy } = this.#controllers;
    const inode = inodeOf(join(this.#named, instance.cgroup));
    if (inode === undefined) return undefined;
    const folderOf = cgroupFolders(this.#controllers, instance);
    const keepsAll = this.#open + READ_FILES[hierarchy].length < this.#mostOpen;
    const files = new KeptFiles(pathsIn(folderOf, READ_FILES[hierarchy]), (file) => keepsAll || COUNTERS.has(file));
    const refusals = this.#refusals(folderOf('pids'));
    const kills = this.#kills(folderOf('memory'), files);
    const said = new Map<string, string>();
    const opened = {
      epoch: `${this.#bootId}:${inode}`,
      files,
      said,
      ...(refusals && { refusals }),
      ...(kills && { kills }),
    };
    return { ...opened, has: hierarchy === 'v1' ? this.#wholeOnV1(folderOf) : files.read('cgroup.controllers') };
  }

  #has({ has, files }: Opened): string | undefined {
    return this.#controllers.hierarchy === 'v1' ? has : files.read('cgroup.controllers');
  }

  // A runtime puts a guest into one hierarchy after the other.
  #wholeOnV1(folderOf: FolderOf): string | undefined {
    const lacking = CONTROLLERS.filter((name) => this.#controllers.mountOf(name) && folderOf(name) === undefined);
    return lacking.length === 0 ? '' : undefined;
  }

  #refusals(folder: string | undefined): RefusalsSeen | undefined {
    return folder !== undefined && countsBelow(folder, this.#controllers.v2Options)
      ? new RefusalsSeen(folder)
      : undefined;
  }

  #kills(folder: string | undefined, files: KeptFiles): KillsSeen | undefined {
    const isOnV1 = folder !== undefined && this.#controllers.hierarchy === 'v1';
    return isOnV1 && countsKills((file) => files.read(file)) ? new KillsSeen(folder) : undefined;
  }

  #counters(opened: Opened, isLast: boolean): LastCounters {
    const { epoch, refusals, kills } = opened;
    const read: ReadFile = (file) => readCounter(opened, file);
    const below = refusals?.read(read, isLast);
    const killsBelow = kills?.read(read, isLast);
    const counters = hitCounters(this.#controllers.hierarchy, read);
    return { epoch, counters, ...(below && { below }), ...(killsBelow && { killsBelow }) };
  }

  #reading(opened: Opened): LimitsReading | undefined {
    const { hierarchy } = this.#controllers;
    const { files } = opened;
    const read: ReadFile = (file) => files.read(file);
    const diskFiles = DISK_FILES.filter((file) => read(file) !== undefined);
    const reading = {
      ...this.#counters(opened, false),
      values: limitValues(read),
      diskFiles,
      held: heldAmounts(hierarchy, read),
    };
    return files.isGone ? undefined : reading;
  }

  #forget(instance: GuestInstance): void {
    const opened = this.#opened.get(keyOf(instance));
    if (opened === undefined) return;
    this.#open -= opened.files.open;
    opened.files.close();
    this.#opened.delete(keyOf(instance));
  }
}

function readCounter({ files, said }: Opened, file: string): string | undefined {
  const text = files.read(file);
  if (text !== undefined) said.set(file, text);
  return text;
}

const CONTROLLERS = ['memory', 'cpu', 'cpuacct', 'pids', 'blkio'];

function keyOf({ pid, startTime, cgroup }: GuestInstance): string {
  return `${pid} ${startTime} ${cgroup}`;
}

function pathsIn(folderOf: FolderOf, names: readonly string[]): readonly (readonly [string, string])[] {
  return names.flatMap((file) => {
    const folder = folderOf(controllerOf(file));
    return folder === undefined ? [] : [[file, join(folder, file)] as const];
  });
}

function limitValues(read: ReadFile): LimitValues {
  const held = LIMIT_FILES.map((file) => [file, read(file)] as const);
  const lines = DISK_FILES.flatMap((file) => diskLines(file, read(file) ?? ''));
  const whole = held.flatMap(([file, text]) => (text === undefined ? [] : [[file, limitValue(text)] as const]));
  return Object.fromEntries([...whole, ...lines]);
}

function mostDescriptors(): number {
  const [, most] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return Number(most ?? 1024);
}
