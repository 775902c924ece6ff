import { parentOf } from '../devices/folders.ts';
import type { Entry } from '../model/observed.ts';
import type { GuestRecord, Sight } from './world.ts';

/** Something was reported of the guest, or was done to it: it has to be looked at again. */
export function forgetSight(record: GuestRecord): void {
  record.reports += 1;
  record.sight = undefined;
}

/**
 * The last sight where it answers for these paths too: every folder of theirs is watched, and nothing was reported since. It
 * saves a new device half of its way. What is done on it is looked at afterwards in any case, and the executor refuses
 * what does not fit.
 */
export function sightOf(record: GuestRecord, paths: readonly string[]): Sight | undefined {
  const { sight, refusals, ledger, deaf, watched } = record;
  const isTrusted = refusals.length === 0 && ledger.released.length === 0 && !deaf && watched !== '';
  // Until a program of ours is there, nothing would tell that somebody gave the guest another one.
  if (sight === undefined || sight.policy === 'foreign' || !isTrusted) return undefined;
  const entries = completed(sight.entries, paths);
  return entries && { ...sight, entries };
}

// In a folder that was seen and is watched, a name that nobody saw is not there, and nothing is below what is not there. Of a
// folder that nobody saw nothing is known. Parents come before what is in them.
function completed(seen: ReadonlyMap<string, Entry>, paths: readonly string[]): ReadonlyMap<string, Entry> | undefined {
  const entries = new Map<string, Entry>();
  for (const path of paths) {
    const parent = parentOf(path);
    const entry = seen.get(path) ?? unseen(entries.get(parent) ?? seen.get(parent), paths, path);
    if (entry === undefined) return undefined;
    entries.set(path, entry);
  }
  return entries;
}

function unseen(parent: Entry | undefined, paths: readonly string[], path: string): Entry | undefined {
  if (parent?.kind === 'absent') return parent;
  const isFolder = paths.some((other) => other.startsWith(`${path}/`));
  return !isFolder && parent?.kind === 'folder' ? { kind: 'absent' } : undefined;
}
