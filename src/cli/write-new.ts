import { lstatSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Refusal } from '../model/failure.ts';

interface Text {
  /** Below the folder. */
  readonly path: string;
  readonly text: string;
}

/** Writes files that are not there yet, all or, where one is there, none; each that is in the way is named. */
export async function writeNew(folder: string, files: readonly Text[]): Promise<readonly Refusal[]> {
  const paths = files.map(({ path }) => join(folder, path));
  const inTheWay = paths.filter(isThere);
  if (inTheWay.length > 0) return inTheWay.map((subject) => ({ code: 'E_EXISTS', subject }));
  for (const { path, text } of files) {
    const file = join(folder, path);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { flag: 'wx' });
    } catch (error) {
      return [{ code: 'E_OUTPUT', subject: file, detail: error instanceof Error ? error.message : String(error) }];
    }
  }
  return [];
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // the folder is none, which writing says better
  }
}
