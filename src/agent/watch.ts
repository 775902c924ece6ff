import type { DesiredNode } from '../model/node.ts';
import type { GuestRecord, World } from './world.ts';

/**
 * Watches every folder that a pass looks into, and /etc, whose passwd and group give the names. Called before the look, so
 * that nothing can change unseen; a folder that is not there yet is watched by the pass after the one that makes it.
 */
export async function watchGuest(
  { ports: { executor } }: World,
  record: GuestRecord,
  desired: readonly DesiredNode[],
): Promise<void> {
  const folders = watchedFolders(record, desired);
  const key = `${folders.join(' ')} ${record.ledger.folders.join(' ')}`;
  if (key === record.watched) return;
  const answer = await executor.watch(record.guest.name, folders);
  if (answer.ok) record.watched = key;
}

function watchedFolders({ ledger }: GuestRecord, desired: readonly DesiredNode[]): readonly string[] {
  const paths = [...desired.flatMap(({ path, links }) => [path, ...links]), ...ledger.nodes.map(({ path }) => path)];
  const folders = new Set(['/dev', '/etc']);
  for (const path of paths) addParents(folders, path);
  return [...folders].sort();
}

function addParents(folders: Set<string>, path: string): void {
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (parent === '' || folders.has(parent)) return;
  folders.add(parent);
  addParents(folders, parent);
}
