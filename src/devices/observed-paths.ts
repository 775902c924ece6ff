import type { GuestLedger } from '../model/ledger.ts';
import type { DesiredNode } from '../model/node.ts';
import { foldersAbove } from './folders.ts';

/** The paths that a pass has to look at, sorted: every name that is wanted or ours, and the folders on the way, /dev first. */
export function observedPaths(desired: readonly DesiredNode[], ledger: GuestLedger): readonly string[] {
  const names = [
    ...desired.flatMap(({ path, links }) => [path, ...links]),
    ...[...ledger.nodes, ...ledger.links].map(({ path }) => path),
    ...ledger.folders,
  ];
  if (names.length === 0) return [];
  return [...new Set(['/dev', ...names.flatMap(foldersAbove), ...names])].sort();
}
