import { join } from 'node:path';
import { DISK_FILES, type Hierarchy, LIMIT_FILES, type Pressures } from '../model/limit.ts';
import type { Heard } from '../ports/cgroups.ts';
import type { Answer } from '../ports/executor.ts';
import { controllerOf, type FolderOf, inodeOf } from './cgroup-folders.ts';
import type { Channel } from './channel.ts';

/** Has the executor report what changes in a guest's cgroup, for as long as it is there. */
export async function watchCgroup(
  channel: Pick<Channel, 'request'>,
  hierarchy: Hierarchy,
  guest: string,
  folderOf: FolderOf,
  wanted: Pressures,
): Promise<Answer<Heard>> {
  const pathOf = (file: string) => {
    const isStall = file.endsWith('.pressure'); // of v2, also where that limits nothing
    const folder = folderOf(isStall && hierarchy === 'v1' ? '' : controllerOf(file));
    return folder !== undefined && inodeOf(join(folder, file)) !== undefined ? join(folder, file) : undefined;
  };
  for (const file of WATCHED) {
    const path = pathOf(file);
    const answer = path && (await channel.request('watch-file', watchId(guest, file), path));
    if (answer && !answer.ok) return answer;
  }
  const heard = new Set<string>();
  for (const { file, texts, of } of TRIGGERS[hierarchy]) {
    const path = pathOf(file);
    if (of !== undefined && !wanted[of]) await channel.request('untrigger', watchId(guest, file));
    else if (path !== undefined && (await isSet(channel, watchId(guest, file), path, texts))) heard.add(file);
  }
  // On v1 a process that is in the guest's quota may be in no cgroup of v2 that is the guest's: it is looked at all the same.
  return { ok: true, value: { stalls: hierarchy === 'v2' && heard.has('cpu.pressure') } };
}

export async function unwatchCgroup(channel: Channel, hierarchy: Hierarchy, guest: string): Promise<void> {
  const files = WATCHED.map((file) => ['unwatch-host', file]);
  const triggers = TRIGGERS[hierarchy].map(({ file }) => ['untrigger', file]);
  const verbs = [...files, ...triggers];
  await Promise.all(verbs.map(([verb = '', file = '']) => channel.request(verb, watchId(guest, file))));
}

// A kernel without pressure stall information, or one that does not let us ask, is looked at now and then.
async function isSet(
  channel: Pick<Channel, 'request'>,
  id: string,
  path: string,
  texts: readonly string[],
): Promise<boolean> {
  for (const text of texts) if ((await channel.request('trigger', id, path, text)).ok) return true;
  return false;
}

/** The guest and the file of a watched one; undefined: the executor's word is for something else. */
export function watchedFile(id: string): { readonly guest: string; readonly file: string } | undefined {
  const [kind, guest = '', file = ''] = id.split('/');
  return kind === 'limits' ? { guest, file } : undefined;
}

function watchId(guest: string, file: string): string {
  return `limits/${guest}/${file}`;
}

/** Counters that tell of their changes, and what others may write, as far as this host has it. */
const WATCHED = ['memory.events', 'memory.swap.events', 'pids.events', ...LIMIT_FILES, ...DISK_FILES];

/**
 * What only poll tells: a guest that the kernel holds back, or in which something waits for memory, and on v1 one that is out of
 * memory. The shorter window is for who has CAP_SYS_RESOURCE.
 */
const TRIGGERS = {
  v1: [
    { of: undefined, file: 'memory.oom_control', texts: [''] },
    // The longer window tells later than looking does.
    { of: 'cpu', file: 'cpu.pressure', texts: ['full 50000 500000'] },
  ],
  v2: [
    { of: 'cpu', file: 'cpu.pressure', texts: ['full 50000 500000', 'full 100000 2000000'] },
    { of: 'memory', file: 'memory.pressure', texts: ['some 200000 1000000', 'some 400000 2000000'] },
  ],
} as const;
