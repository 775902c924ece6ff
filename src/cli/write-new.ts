import { lstatSync } from 'node:fs';
import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Refusal } from '../model/failure.ts';

interface Text {
  /** Below the folder. */
  readonly path: string;
  readonly text: string;
}

/** Writes files that are not there yet, all or, where one is there or cannot be written, none; each that is in the way is named. */
export async function writeNew(folder: string, files: readonly Text[]): Promise<readonly Refusal[]> {
  const paths = files.map(({ path }) => join(folder, path));
  const inTheWay = paths.filter(isThere);
  if (inTheWay.length > 0) return inTheWay.map((subject) => ({ code: 'E_EXISTS', subject }));
  const undo: (() => Promise<void>)[] = [];
  for (const { path, text } of files) {
    const file = join(folder, path);
    try {
      await makeFolder(dirname(file), undo);
      const writing = writeFile(file, text, { flag: 'wx' });
      await writing.catch((error) => removeUnlessFound(file, error));
      undo.push(() => rm(file));
    } catch (error) {
      for (const step of undo.reverse()) await step().catch(() => undefined); // what is not empty is not ours alone
      return [{ code: 'E_OUTPUT', subject: file, detail: error instanceof Error ? error.message : String(error) }];
    }
  }
  return [];
}

// Node's own way of making folders above never ends where one cannot be made and the kernel says ENOENT, such as in /proc.
async function makeFolder(folder: string, undo: (() => Promise<void>)[]): Promise<void> {
  if (isThere(folder)) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder), undo);
  await mkdir(folder);
  undo.push(() => rmdir(folder));
}

async function removeUnlessFound(file: string, error: NodeJS.ErrnoException): Promise<never> {
  if (error.code !== 'EEXIST') await rm(file, { force: true });
  throw error;
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // the folder is none, which writing says better
  }
}
