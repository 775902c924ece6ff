import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Problem } from '../model/config.ts';
import { nameOf } from '../model/name-bytes.ts';
import { fileProblem } from './file-problem.ts';

/** What a configuration file is about: hostler.yaml, or the folder that it is in. */
export type Kind = 'settings' | Folder;

/** A folder of the configuration; each may be absent. */
export type Folder = (typeof FOLDERS)[number];

export const FOLDERS = ['guests', 'policies', 'rules'] as const;

/** A configuration file by its path; without a kind its content has to tell. */
export interface Source {
  readonly file: string;
  readonly kind: Kind | undefined;
}

export interface Sources {
  readonly sources: readonly Source[];
  readonly problems: readonly Problem[];
}

/** The files of a configuration folder: hostler.yaml, then those of its folders, sorted by name. Only the folder itself must be there. */
export async function listConfiguration(folder: string): Promise<Sources> {
  try {
    await readdir(folder);
  } catch (error) {
    return { sources: [], problems: [fileProblem(folder, error)] };
  }
  const settings = join(folder, 'hostler.yaml');
  const hasSettings = await exists(settings);
  const listed = await Promise.all(FOLDERS.map((kind) => listFolder(join(folder, kind), kind, 'may be absent')));
  const first: Source[] = hasSettings ? [{ file: settings, kind: 'settings' }] : [];
  return {
    sources: [...first, ...listed.flatMap(({ sources }) => sources)],
    problems: listed.flatMap(({ problems }) => problems),
  };
}

/** The YAML files of one folder, sorted by name. Dotfiles and what editors and packages leave behind do not count. */
export async function listFolder(
  folder: string,
  kind: Kind | undefined,
  absence: 'may be absent' | 'is a problem',
): Promise<Sources> {
  try {
    const found = (await readdir(folder, { encoding: 'buffer' })).map(nameOf);
    const names = found
      .flatMap((one) => ('name' in one ? one.name : []))
      .filter(isRead)
      .sort();
    const odd = found.flatMap((one) => ('odd' in one && isRead(one.escaped) ? one : []));
    return {
      sources: names.map((name) => ({ file: join(folder, name), kind })),
      problems: odd.map((one) => oddName(join(folder, one.escaped), one.odd)),
    };
  } catch (error) {
    if (absence === 'may be absent' && hasCode(error, 'ENOENT')) return { sources: [], problems: [] };
    return { sources: [], problems: [fileProblem(folder, error)] };
  }
}

function isRead(name: string): boolean {
  return /^[^.].*\.ya?ml$/.test(name);
}

function oddName(file: string, odd: string): Problem {
  return {
    place: { file, line: 1, column: 1 },
    code: 'E_CONFIG_FILE',
    says: `cannot be read: its name ${odd}; rename it`,
  };
}

/** What a file is about by where it is. */
export function kindByPlace(file: string): Kind | undefined {
  if (basename(file) === 'hostler.yaml') return 'settings';
  return kindOfFolder(dirname(file));
}

export function kindOfFolder(folder: string): Kind | undefined {
  const name = basename(folder);
  return FOLDERS.find((one) => one === name);
}

/** Whether something has this name, be it a link to nowhere. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    return !hasCode(error, 'ENOENT');
  }
}

function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
