import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../model/config.ts';
import { nearest } from '../model/nearest.ts';
import { FOLDERS } from './sources.ts';

const YAML = /^[^.#].*\.ya?ml$/i;

/** What people call the folders, too. */
const NAMES = new Map<string, string>([
  ...FOLDERS.map((name) => [name, name] as const),
  ['guest', 'guests'],
  ['policy', 'policies'],
  ['rule', 'rules'],
]);

/** What looks like a part of a configuration, and nobody reads: files beside hostler.yaml, and folders that are misspelt. */
export async function unreadFiles(folder: string): Promise<readonly Problem[]> {
  const entries = await entriesOf(folder);
  const lone = entries.filter(({ name }) => YAML.test(name) && name !== 'hostler.yaml');
  const misspelt = entries.filter((entry) => entry.isDirectory() && !FOLDERS.some((name) => name === entry.name));
  const inFolders = await Promise.all(FOLDERS.map((name) => unreadIn(join(folder, name))));
  return [
    ...lone.map(({ name }) => unread(join(folder, name), loneText(name))),
    ...misspelt.flatMap(({ name }) => {
      const meant = nearest(name, [...NAMES.keys()]);
      return meant === undefined ? [] : [unread(join(folder, name), `did you mean ${NAMES.get(meant)}/?`)];
    }),
    ...inFolders.flat(),
  ];
}

function loneText(name: string): string {
  if (/^hostler\.ya?ml$/i.test(name)) return 'name it hostler.yaml';
  return 'put it into guests/, policies/ or rules/';
}

async function unreadIn(folder: string): Promise<readonly Problem[]> {
  const entries = await entriesOf(folder);
  return entries
    .filter(({ name }) => YAML.test(name) && !/\.ya?ml$/.test(name))
    .map(({ name }) => unread(join(folder, name), `name it ${name.replace(/\.[^.]*$/, '')}.yaml`));
}

function unread(file: string, remedy: string): Problem {
  return { place: { file, line: 1, column: 1 }, code: 'W_CONFIG_NAME', says: `is not read; ${remedy}` };
}

// What cannot be listed is told by who reads it.
async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch {
    return [];
  }
}
