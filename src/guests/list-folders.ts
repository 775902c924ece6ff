import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import { type OddName, plainNameOf } from '../model/name-bytes.ts';

/** The names of the folders in a folder, and of links to folders: guests are moved to another disk so. None where it is not there. */
export function listFolders(path: string): readonly string[] {
  return entriesIn(path).flatMap((entry) => {
    const named = plainNameOf(entry.name);
    return 'name' in named && (entry.isDirectory() || leadsToFolder(path, entry)) ? [named.name] : [];
  });
}

/** Those with such a file of which nobody can say the name, and why not. */
export function namelessFolders(path: string, file: string): readonly OddName[] {
  return entriesIn(path).flatMap((entry) => {
    const named = plainNameOf(entry.name);
    return 'odd' in named && existsSync(within(path, entry, `/${file}`)) ? [named] : [];
  });
}

function entriesIn(path: string): readonly Dirent<Buffer>[] {
  try {
    return readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
  } catch {
    return [];
  }
}

function leadsToFolder(path: string, entry: Dirent<Buffer>): boolean {
  try {
    return entry.isSymbolicLink() && statSync(within(path, entry)).isDirectory();
  } catch {
    return false; // it dangles, or goes in a circle
  }
}

function within(path: string, { name }: Dirent<Buffer>, below = ''): Buffer {
  return Buffer.concat([Buffer.from(`${path}/`), name, Buffer.from(below)]);
}
