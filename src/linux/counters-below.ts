import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BelowCounters } from '../model/hits.ts';
import { flatNumbers } from './cgroup-text.ts';
import { foldersIn } from './folders-in.ts';

/** A guest with systemd inside has some fifty. */
export const MOST_CGROUPS_BELOW = 256;

/** What this line of this file says in each of the cgroups below this one; a file without it says 0. */
export function countersBelow(top: string, file: string, name: string): BelowCounters {
  const folders = [...foldersIn(top, MOST_CGROUPS_BELOW + 1)];
  const counts: [string, number][] = [];
  for (let at = 0; at < folders.length; at += 1) {
    if (at === MOST_CGROUPS_BELOW) return { counts: Object.fromEntries(counts), isWhole: false };
    const folder = folders[at] ?? top;
    const count = counted(folder, file, name);
    if (count !== undefined) counts.push(count);
    folders.push(...foldersIn(folder, MOST_CGROUPS_BELOW + 1 - folders.length));
  }
  return { counts: Object.fromEntries(counts), isWhole: true };
}

function counted(folder: string, file: string, name: string): [string, number] | undefined {
  try {
    const count = flatNumbers(readFileSync(join(folder, file), 'utf8').trimEnd()).get(name) ?? 0;
    return [String(statSync(folder, { bigint: true }).ino), count];
  } catch {
    return undefined; // it was removed meanwhile
  }
}
