import type { Refusal } from '../../model/failure.ts';
import type { Entry } from '../../model/observed.ts';
import { foldersAbove } from '../folders.ts';
import type { Scene } from './scene.ts';

type Looker = Pick<Scene, 'guest' | 'entryAt'>;

/** What keeps a node or a link from being at a path; undefined when the way is free. Names the part that is in the way. */
export function obstacleTo(kind: 'device' | 'link', path: string, scene: Looker): Refusal | undefined {
  return obstacleAbove(path, scene) ?? obstacleAt(kind, path, scene);
}

/** A folder on the way that is none. */
function obstacleAbove(path: string, scene: Looker): Refusal | undefined {
  for (const folder of ['/dev', ...foldersAbove(path)]) {
    const entry = scene.entryAt(folder);
    if (entry.kind === 'folder' || entry.kind === 'absent') continue;
    if (entry.kind === 'refused') return refused(folder, entry.errno, scene);
    if (entry.kind === 'link') return { code: 'E_PATH_ESCAPE', subject: `${scene.guest}:${folder}` };
    return foreign(folder, entry, scene);
  }
  return undefined;
}

function obstacleAt(kind: 'device' | 'link', path: string, scene: Looker): Refusal | undefined {
  const entry = scene.entryAt(path);
  if (entry.kind === kind || entry.kind === 'absent') return undefined;
  return entry.kind === 'refused' ? refused(path, entry.errno, scene) : foreign(path, entry, scene);
}

function refused(path: string, errno: string, { guest }: Looker): Refusal {
  const subject = `${guest}:${path}`;
  if (errno === 'ELOOP' || errno === 'EXDEV') return { code: 'E_PATH_ESCAPE', subject };
  if (errno === 'ENOTDIR') return { code: 'E_NODE_FOREIGN', subject, detail: 'something that is no folder' };
  return { code: 'E_ACTION', subject, detail: `cannot be looked at (${errno})` };
}

function foreign(path: string, entry: Entry, { guest }: Looker): Refusal {
  return { code: 'E_NODE_FOREIGN', subject: `${guest}:${path}`, detail: entryText(entry) };
}

function entryText(entry: Entry): string {
  switch (entry.kind) {
    case 'device':
      return `device node ${entry.number}`;
    case 'link':
      return `a link to ${entry.target}`;
    default:
      return `a ${entry.kind}`;
  }
}
