import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { foldersIn } from './folders-in.ts';

/** A guest that makes more than that is shown as one that has more. */
export const MOST_CGROUPS = 1024;
export const MOST_PROCESSES = 4096;

/**
 * The processes of a cgroup and of all below it, in small steps: `undefined` is one without a process. Answers whether there
 * are more than it may look at.
 */
export function* processesBelow(top: string): Generator<number | undefined, boolean> {
  const folders = [top];
  let processes = 0;
  let isMore = false;
  for (let at = 0; at < folders.length; at += 1) {
    const folder = folders[at] ?? top;
    yield;
    for (const pid of pidsIn(join(folder, 'cgroup.procs'), MOST_PROCESSES - processes + 1)) {
      if (processes === MOST_PROCESSES) return true;
      processes += 1;
      yield pid;
    }
    yield;
    const below = foldersIn(folder, MOST_CGROUPS - folders.length + 1);
    isMore ||= folders.length + below.length > MOST_CGROUPS;
    folders.push(...below.slice(0, MOST_CGROUPS - folders.length));
  }
  return isMore;
}

const text = Buffer.alloc(64 * 1024);

// A line is at most eight bytes long; of a threaded cgroup the kernel does not say (EOPNOTSUPP).
function pidsIn(path: string, most: number): readonly number[] {
  let file: number | undefined;
  let found = '';
  try {
    file = openSync(path, 'r');
    for (let read = -1; read !== 0 && found.length < 8 * most; found += text.toString('latin1', 0, read))
      read = readSync(file, text);
  } catch {
    // It was removed meanwhile.
  }
  if (file !== undefined) closeSync(file);
  return found
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [Number(line)]))
    .slice(0, most);
}
