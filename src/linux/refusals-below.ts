import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BelowCounters } from '../model/hits.ts';
import { flatNumbers } from './cgroup-text.ts';
import { foldersIn } from './folders-in.ts';

/** A guest with systemd inside has some fifty. */
export const MOST_CGROUPS_BELOW = 256;

/** What pids.events of the cgroups below this one say, where that is anything. */
export function refusalsBelow(top: string): BelowCounters {
  const folders = [...foldersIn(top, MOST_CGROUPS_BELOW + 1)];
  const counts: [string, number][] = [];
  for (let at = 0; at < folders.length; at += 1) {
    if (at === MOST_CGROUPS_BELOW) return { counts: Object.fromEntries(counts), isWhole: false };
    const folder = folders[at] ?? top;
    const count = refusals(folder);
    if (count !== undefined) counts.push(count);
    folders.push(...foldersIn(folder, MOST_CGROUPS_BELOW + 1 - folders.length));
  }
  return { counts: Object.fromEntries(counts), isWhole: true };
}

function refusals(folder: string): [string, number] | undefined {
  try {
    const refused = flatNumbers(readFileSync(join(folder, 'pids.events'), 'utf8').trimEnd()).get('max') ?? 0;
    return refused === 0 ? undefined : [String(statSync(folder, { bigint: true }).ino), refused];
  } catch {
    return undefined; // it was removed meanwhile
  }
}
