import { readdirSync } from 'node:fs';

/** The names of the folders in a folder; none where it is not there. */
export function listFolders(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
