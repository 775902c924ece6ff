import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The names of the folders in a folder, and of links to folders: guests are moved to another disk so. None where it is not there. */
export function listFolders(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || leadsToFolder(path, entry))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function leadsToFolder(path: string, entry: Dirent): boolean {
  try {
    return entry.isSymbolicLink() && statSync(join(path, entry.name)).isDirectory();
  } catch {
    return false; // it dangles, or goes in a circle
  }
}
