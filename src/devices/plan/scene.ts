import type { GuestLedger, Memory, OwnedNode } from '../../model/ledger.ts';
import type { Entry, GuestNames, ObservedGuest } from '../../model/observed.ts';
import { foldersAbove } from '../folders.ts';
import type { NodeKey } from '../node-key.ts';

/** What every part of a plan is decided on. */
export interface Scene {
  readonly guest: string;
  readonly names: GuestNames;
  readonly ledger: GuestLedger;
  /** The ledger's nodes. */
  readonly owned: ReadonlyMap<NodeKey, OwnedNode>;
  /** With what the guest changed since the last pass. */
  readonly memory: Memory;
  /** Milliseconds of the monotonic clock. */
  readonly now: number;
  /** Nothing can be granted now: no node is made. */
  readonly permissionsWait: boolean;
  /** What is at a path once everything that has to go is gone. */
  readonly entryAt: (path: string) => Entry;
}

const ABSENT: Entry = { kind: 'absent' };

export function entryIn(observed: ObservedGuest, path: string): Entry {
  return observed.entries.get(path) ?? ABSENT;
}

/**
 * Whether nobody can say what is at a path. Behind something that is no folder (ENOTDIR) there surely is nothing, nor behind
 * a name that is wanted: whatever has it is no folder.
 */
export function isUnreachable(path: string, entry: Entry, wanted: ReadonlySet<string>): boolean {
  if (entry.kind !== 'refused' || entry.errno === 'ENOTDIR') return false;
  return !foldersAbove(path).some((folder) => wanted.has(folder));
}

/** What is where after the cleared paths, and all that is below them, are gone. */
export function entriesWithout(observed: ObservedGuest, cleared: ReadonlySet<string>): Scene['entryAt'] {
  if (cleared.size === 0) return (path) => entryIn(observed, path);
  const isGone = (path: string) => cleared.has(path) || foldersAbove(path).some((folder) => cleared.has(folder));
  return (path) => (isGone(path) ? ABSENT : entryIn(observed, path));
}
