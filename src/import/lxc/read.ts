import type { Item, Source, SourceGuest, TreeFile } from '../item.ts';

/** The guests of a folder such as /var/lib/lxc, of one of theirs, or of one file; `folder` is the name of the folder. */
export function readLxc(files: readonly TreeFile[], folder: string): Source {
  const used = new Set<TreeFile>();
  const guests = rootsOf(files).map((root): SourceGuest => {
    const name = guestOf(root.below, folder);
    const fstab = files.filter(({ below }) => below === root.below.replace(/config$/, 'fstab') && below !== root.below);
    const read = [...withIncluded(root, files, used, DEEPEST_INCLUDE), ...fstab.flatMap(itemsOf)];
    for (const file of [root, ...fstab]) used.add(file);
    return { name, items: read };
  });
  return { guests, others: files.filter((file) => !used.has(file)).flatMap(itemsOf) };
}

const OF_LXC = /^\s*lxc\./m;

// A folder of guests, the folder of one, or files by themselves; a folder such as /etc has many of that name that are not LXC's.
function rootsOf(files: readonly TreeFile[]): readonly TreeFile[] {
  const own = files.filter(({ link }) => link === undefined);
  const patterns = [/^[^/]+\/config$/, /^config$/];
  const found = patterns.map((pattern) => own.filter(({ below }) => pattern.test(below)));
  found.push(own.filter(({ below, text }) => /^[^/]+\.conf$/.test(below) && OF_LXC.test(text)));
  return (found.find(({ length }) => length > 0) ?? []).filter(({ unread }) => unread === undefined);
}

function guestOf(below: string, folder: string): string {
  if (below === 'config') return folder;
  return below.replace(/\/config$|\.conf$/, '');
}

/** An include that includes itself ends here. */
export const DEEPEST_INCLUDE = 8;

/** Each line, and after an include what is included, where it was found, too. */
function withIncluded(file: TreeFile, files: readonly TreeFile[], used: Set<TreeFile>, depth: number): readonly Item[] {
  used.add(file);
  return itemsOf(file).flatMap((item) => {
    if (item.key !== 'lxc.include' || depth === 0) return [item];
    const path = includedPath(item);
    const included = files.filter(
      ({ path: shown, real, link }) => link === undefined && [shown, real].some((own) => isIncluded(own, path)),
    );
    return [item, ...included.flatMap((one) => withIncluded(one, files, used, depth - 1))];
  });
}

function includedPath({ value }: Item): string {
  return value.replace(/\/+$/, '');
}

// Of a folder LXC reads the files whose name ends in .conf.
function isIncluded(own: string | undefined, path: string): boolean {
  if (own === undefined || own === path) return own === path;
  return own.startsWith(`${path}/`) && /^[^/]+\.conf$/.test(own.slice(path.length + 1));
}

/** What the files include, as it is written there: folders and files. */
export function includedByLxc(files: readonly TreeFile[]): readonly string[] {
  return files.flatMap(itemsOf).flatMap((item) => (item.key === 'lxc.include' ? includedPath(item) : []));
}

/** What is worth reading below such a folder: root file systems lie there, too. */
export function isOfLxc(below: string, isFolder: boolean): boolean {
  const parts = below.split('/');
  if (isFolder) return parts.length === 1 && parts[0] !== 'rootfs';
  return parts.length <= 2 && (isConfig(below) || parts.at(-1) === 'fstab');
}

function isConfig(below: string): boolean {
  return /(?:^|\/)config$|\.conf$/.test(below);
}

// LXC takes quotes off that stand around the whole value.
function itemsOf({ path, below, text, link, unread }: TreeFile): readonly Item[] {
  if (unread !== undefined) return [{ file: path, line: 1, key: below, value: '', unread }];
  if (link !== undefined) return [{ file: path, line: 1, key: below, value: `-> ${link}` }];
  const isFstab = below.endsWith('fstab');
  return text.split('\n').flatMap((raw, at): readonly Item[] => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const [, key, value = ''] = /^([A-Za-z0-9._-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key === undefined || isFstab)
      return [{ file: path, line: at + 1, key: isFstab ? 'fstab' : 'line', value: line }];
    return [{ file: path, line: at + 1, key, value: /^(["'])(.*)\1$/.exec(value)?.[2] ?? value }];
  });
}
