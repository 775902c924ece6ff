import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Problem } from '../model/config.ts';
import { assemble, type Context } from './assemble.ts';
import { readDocuments, type TakeUp } from './documents.ts';
import { fileProblem } from './file-problem.ts';
import { exists, FOLDERS, kindByPlace, kindOfFolder, listConfiguration, listFolder, type Sources } from './sources.ts';
import { unreadFiles } from './unread-files.ts';

/** What is wrong in some files and folders, and how many files were looked at. */
export interface Checked {
  readonly files: number;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** checkPaths in this process. */
export async function checkFound(paths: readonly string[], context: Context, takeUp: TakeUp): Promise<Checked> {
  const found = await Promise.all(paths.map(findSources));
  const folders = found.filter(({ isWhole }) => isWhole);
  const lone = found.filter(({ isWhole }) => !isWhole);
  const results = [await check(lone, { isPart: true }, takeUp)];
  for (const folder of folders) results.push(await check([folder], context, takeUp));
  return {
    files: results.reduce((sum, { files }) => sum + files, 0),
    problems: results.flatMap(({ problems }) => problems),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}

interface Found extends Sources {
  /** A whole configuration, in which the guests that rules name have to be. */
  readonly isWhole: boolean;
  readonly warnings?: readonly Problem[];
}

async function findSources(path: string): Promise<Found> {
  try {
    const facts = await stat(path);
    if (!facts.isDirectory())
      return { isWhole: false, sources: [{ file: path, kind: kindByPlace(resolve(path)) }], problems: [] };
    if (await isConfiguration(path))
      return { isWhole: true, ...(await listConfiguration(path)), warnings: await unreadFiles(path) };
    return { isWhole: false, ...(await listFolder(path, kindOfFolder(resolve(path)), 'is a problem')) };
  } catch (error) {
    return { isWhole: false, sources: [], problems: [fileProblem(path, error)] };
  }
}

async function isConfiguration(folder: string): Promise<boolean> {
  const parts = await Promise.all(['hostler.yaml', ...FOLDERS].map((name) => exists(join(folder, name))));
  return parts.includes(true);
}

async function check(found: readonly Found[], context: Context, takeUp: TakeUp): Promise<Checked> {
  const sources = found.flatMap((one) => one.sources);
  const { documents, problems } = await readDocuments(sources, takeUp);
  const loaded = assemble({ documents, problems: [...found.flatMap((one) => one.problems), ...problems] }, context);
  const warnings = [...found.flatMap((one) => one.warnings ?? []), ...loaded.warnings];
  return { files: sources.length, problems: loaded.problems, warnings };
}
