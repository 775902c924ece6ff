import { type Dir, opendirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The folders in a folder of cgroups, at most so many; there a folder's links count those in it. */
export function foldersIn(folder: string, most: number): readonly string[] {
  let opened: Dir | undefined;
  const found: string[] = [];
  try {
    if (statSync(folder).nlink <= 2) return [];
    opened = opendirSync(folder);
    for (let entry = opened.readSync(); entry !== null && found.length < most; entry = opened.readSync()) {
      if (entry.isDirectory()) found.push(join(folder, entry.name));
    }
  } catch {
    // It was removed meanwhile, or is so deep down that it has no name that the kernel takes.
  }
  opened?.closeSync();
  return found;
}
