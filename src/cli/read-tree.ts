import { type Dirent, realpathSync } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileProblem } from '../config/file-problem.ts';
import { readTexts } from '../config/read-source.ts';
import { decodeUtf8 } from '../config/utf8.ts';
import type { TreeFile } from '../import/item.ts';
import type { Refusal } from '../model/failure.ts';
import { nameOf } from '../model/name-bytes.ts';

/** What no folder of configurations has. */
const MOST_FILES = 20_000;
const DEEPEST = 12;

export interface Tree {
  /** The name of the folder, or of that of the one file. */
  readonly name: string;
  readonly files: readonly TreeFile[];
  readonly refusals: readonly Refusal[];
  /** Those that are older than UTF-8, which were read all the same. */
  readonly inLatin1: readonly string[];
}

/** Whether a folder or file is of the configuration, by its path below the folder. */
export type Wants = (below: string, isFolder: boolean) => boolean;

/**
 * All text below a folder that is wanted, or one file. Links are followed to files inside it; others are there with what they lead to.
 * What cannot be read below the folder is there with the reason. What the files name below it by absolute paths is wanted, too, and
 * what those name, `depth` times: files, and folders of which the .conf files are read.
 */
export async function readNamedTree(
  path: string,
  wants: Wants,
  names: (files: readonly TreeFile[]) => readonly string[],
  depth: number,
): Promise<Tree> {
  const named = new Set<string>();
  const isNamed: Wants = (below, isFolder) =>
    isFolder
      ? [...named].some((one) => one === below || one.startsWith(`${below}/`))
      : named.has(below) || (below.endsWith('.conf') && named.has(dirname(below)));
  const wantsNamed: Wants = (below, isFolder) => wants(below, isFolder) || isNamed(below, isFolder);
  let tree = await readTree(path, wants);
  for (let left = depth; left > 0; left -= 1) {
    const known = named.size;
    for (const one of names(tree.files)) for (const below of belowOf(path, one)) named.add(below);
    if (named.size === known) return tree;
    tree = await readTree(path, wantsNamed);
  }
  return tree;
}

async function readTree(path: string, wants: Wants): Promise<Tree> {
  try {
    const root = await realpath(path);
    const isFolder = (await stat(root)).isDirectory();
    const found = isFolder
      ? await entriesBelow({ root, shown: path, wants }, '', DEEPEST)
      : [{ path, below: basename(path), real: root }];
    if (found.length > MOST_FILES) return refused(path, `more than ${MOST_FILES} files`);
    const entries = await Promise.all(found.map((entry) => (isFolder ? inside(entry, root) : entry)));
    const { files, inLatin1 } = await texts(entries);
    const unread = isFolder ? undefined : files[0]?.unread;
    if (unread !== undefined) return refused(path, unread);
    // A guest is called as the link to its folder, not as the folder.
    const named = resolve(path);
    return { name: basename(isFolder ? named : dirname(named)), files, refusals: [], inLatin1 };
  } catch (error) {
    return refused(placeOf(error) ?? path, reason(error));
  }
}

/** Where it lies below the folder, if it does; the folder may be named by a link. */
function belowOf(folder: string, path: string): readonly string[] {
  if (!isAbsolute(path)) return [];
  const pairs = [[resolve(folder), resolve(path)]];
  try {
    pairs.push([realpathSync(folder), realpathSync(path)]);
  } catch {
    // What is not there includes nothing.
  }
  return pairs
    .map(([root = '', own = '']) => relative(root, own))
    .filter((below) => below !== '' && !below.startsWith('..'));
}

interface Entry {
  readonly path: string;
  readonly below: string;
  /** Absent: a link that is not followed. */
  readonly real?: string;
  readonly link?: string;
  readonly unread?: string;
}

interface Search {
  readonly root: string;
  /** The same folder as it was named. */
  readonly shown: string;
  readonly wants: Wants;
}

async function entriesBelow(search: Search, below: string, depth: number): Promise<readonly Entry[]> {
  const { root, wants } = search;
  const read = await readdir(join(root, below), { withFileTypes: true, encoding: 'buffer' });
  const found = read.map((entry) => Object.assign(entry, { as: nameOf(entry.name) }));
  const entries: Entry[] = [];
  for (const entry of found.sort((one, other) => (textOf(one.as) < textOf(other.as) ? -1 : 1))) {
    const own = join(below, textOf(entry.as));
    if (!wants(own, await isFolderAt(join(root, own), entry))) continue;
    const unread = 'odd' in entry.as ? `its name ${entry.as.odd}; rename it` : undefined;
    if (unread === undefined) entries.push(...(await entriesOf(search, own, entry, depth)));
    else entries.push({ path: join(search.shown, own), below: own, unread });
    if (entries.length > MOST_FILES) return entries;
  }
  return entries;
}

function textOf(named: ReturnType<typeof nameOf>): string {
  return 'odd' in named ? named.escaped : named.name;
}

// A link to a folder is not followed, and told where the folder would be looked into.
async function isFolderAt(path: string, entry: Dirent<Buffer>): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (led) => led.isDirectory(),
    () => false,
  );
}

async function entriesOf(
  search: Search,
  below: string,
  entry: Dirent<Buffer>,
  depth: number,
): Promise<readonly Entry[]> {
  const [path, real] = [join(search.shown, below), join(search.root, below)];
  const unread = (why: string): readonly Entry[] => [{ path, below, unread: why }];
  try {
    if (entry.isSymbolicLink()) return [{ path, below, link: await readlink(real) }];
    if (entry.isFile()) return [{ path, below, real }];
    if (!entry.isDirectory()) return unread('is no regular file');
    if (depth === 1) return unread(`folders in folders, more than ${DEEPEST} deep`);
    return await entriesBelow(search, below, depth - 1);
  } catch (error) {
    return unread(reason(error));
  }
}

// A link to a folder could be a circle.
async function inside(entry: Entry, root: string): Promise<Entry> {
  if (entry.link === undefined) return entry;
  try {
    const real = await realpath(join(root, entry.below));
    const isInside = !relative(root, real).startsWith('..') && real.startsWith(`${root}${sep}`);
    if (!isInside || !(await stat(real)).isFile()) return entry;
    return { path: entry.path, below: entry.below, real };
  } catch {
    return entry;
  }
}

async function texts(entries: readonly Entry[]): Promise<Pick<Tree, 'files' | 'inLatin1'>> {
  const real = entries.flatMap((entry) => entry.real ?? []);
  const latin1 = new Set<string>();
  const read = await readTexts(
    [...new Set(real)],
    () => {},
    (bytes, file) => {
      const decoded = decodeUtf8(bytes);
      if ('text' in decoded) return decoded;
      latin1.add(file);
      return { text: new TextDecoder('latin1').decode(bytes) };
    },
  );
  const problems = new Map(read.problems.map(({ place, says }) => [place.file, withoutRemedy(says)]));
  const files = entries.map((entry): TreeFile => {
    const text = read.texts.get(entry.real ?? '') ?? '';
    const unread = entry.unread ?? problems.get(entry.real ?? '') ?? binary(text);
    return unread === undefined ? { ...entry, text } : { path: entry.path, below: entry.below, text: '', unread };
  });
  const inLatin1 = files.flatMap(({ path, real: own = '' }) => (latin1.has(own) ? [path] : []));
  return { files, inLatin1 };
}

function binary(text: string): string | undefined {
  const at = text.search(/(?![\t\n\v\f\r])\p{Cc}/u);
  if (at < 0) return undefined;
  return `line ${text.slice(0, at).split('\n').length} has a control character, which no text has`;
}

function refused(subject: string, detail: string): Tree {
  return { name: '', files: [], refusals: [{ code: 'E_SOURCE', subject, detail }], inLatin1: [] };
}

function placeOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error ? String(error.path) : undefined;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? withoutRemedy(fileProblem('', error).says) : error.message;
}

// What would mend a configuration of hostler does not mend that of another system.
function withoutRemedy(says: string): string {
  return says.replace(/; .*/, '');
}
