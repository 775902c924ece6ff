import { parentOf } from '../devices/folders.ts';
import type { Refusal } from '../model/failure.ts';
import type { DesiredNode } from '../model/node.ts';
import type { Failed } from '../ports/executor.ts';
import type { GuestRecord, World } from './world.ts';

/** Bytes that the executor takes, without the leading slash. What changes in a deeper folder is seen by the next pass. */
const LONGEST_PATH = 255;

/**
 * Watches every folder that a pass looks into, and /etc, whose passwd and group give the names. Asked before the look, so
 * that nothing can change unseen; a folder that is not there yet is asked for again by the next pass. Folders that nodes were
 * in lately stay watched: the next node waits for no answer.
 */
export async function watchGuest(
  { ports: { executor } }: World,
  record: GuestRecord,
  desired: readonly DesiredNode[],
): Promise<readonly Refusal[]> {
  const folders = watchedFolders(record, desired);
  const key = folders.join(' ');
  if (key === record.watched) return [];
  record.watched = key; // before the answer: a folder that is replaced meanwhile clears it
  const answer = await executor.watch(record.guest.name, folders);
  if (!answer.ok || answer.value < folders.length) record.watched = '';
  return answer.ok ? [] : unheard(record, answer.failed);
}

// A worker that was started without inotify never has it: the next pass opens the guest again.
function unheard(record: GuestRecord, { errno, call }: Failed): readonly Refusal[] {
  if (!call.startsWith('inotify')) return [];
  record.deaf = true;
  return [{ code: 'E_WATCH', subject: record.guest.name, detail: `${call} ${errno}` }];
}

// One that was seen not to be there is told of by the folder above it, when it comes.
function watchedFolders({ ledger, sight, familiar }: GuestRecord, desired: readonly DesiredNode[]): readonly string[] {
  const paths = [...desired.flatMap(({ path, links }) => [path, ...links]), ...ledger.nodes.map(({ path }) => path)];
  const folders = new Set(['/dev', '/etc', ...familiar]);
  for (const path of paths) addParents(folders, path);
  const isThere = (folder: string) => sight?.entries.get(folder)?.kind !== 'absent';
  return [...folders].filter((folder) => Buffer.byteLength(folder) <= LONGEST_PATH + 1 && isThere(folder)).sort();
}

function addParents(folders: Set<string>, path: string): void {
  const parent = parentOf(path);
  if (parent === '' || folders.has(parent)) return;
  folders.add(parent);
  addParents(folders, parent);
}
