import type { GuestLedger } from '../../model/ledger.ts';
import type { ObservedGuest } from '../../model/observed.ts';
import { foldersAbove, isBelow, parentOf } from '../folders.ts';
import { entryIn, isUnreachable } from './scene.ts';

/** Our folders: which go, deepest first, and which stay ours. */
export interface FolderRemoval {
  /** A node or link is wanted in their place. */
  readonly first: readonly string[];
  readonly last: readonly string[];
  readonly keep: readonly string[];
}

/**
 * A folder goes when nothing wanted is below it, and it is empty or is losing something of ours. That leaves out a folder
 * in which the guest has put something: it is tried once, when our last thing leaves it, and again when it is empty. A
 * folder above what cannot be reached now stays ours, whatever the guest has put in its place meanwhile.
 */
export function planFolderRemoval(
  wanted: ReadonlySet<string>,
  ledger: GuestLedger,
  observed: ObservedGuest,
  removed: ReadonlySet<string>,
  unreachable: readonly string[],
): FolderRemoval {
  const needed = new Set([...wanted, ...unreachable].flatMap(foldersAbove));
  const losing = new Set([...removed].map(parentOf));
  const going: string[] = [];
  const keep: string[] = [];
  for (const folder of ledger.folders.toSorted().reverse()) {
    const entry = entryIn(observed, folder);
    if (needed.has(folder) || isUnreachable(folder, entry, wanted)) keep.push(folder);
    else if (entry.kind !== 'folder') continue;
    else if (entry.empty || losing.has(folder)) {
      going.push(folder);
      losing.add(parentOf(folder));
    } else keep.push(folder);
  }
  const isInTheWay = (folder: string) => [...wanted].some((name) => name === folder || isBelow(folder, name));
  return { first: going.filter(isInTheWay), last: going.filter((folder) => !isInTheWay(folder)), keep };
}
