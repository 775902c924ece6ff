import type { Item, Source, SourceGuest, TreeFile } from '../item.ts';

/** What only a guest's own folder has. */
const OF_A_GUEST =
  /^(context|name|c?flags|nflags|[bcn]capabilities|schedule|personality|vdir|run)$|^(uts|rlimits|sched|interfaces|apps\/init)\//;
/** What such a folder has, and others may have. */
const MAYBE_OF_A_GUEST = /^fstab$|^(apps|cgroup|dlimits|scripts|spaces|ulimits)\//;

/** The guests of /etc/vservers, or the one whose folder it is: `folder` is that folder's name. */
export function readVserver(files: readonly TreeFile[], folder: string): Source {
  if (files.some(({ below, unread }) => OF_A_GUEST.test(below) && unread === undefined)) {
    return { guests: [{ name: folder, items: files.flatMap((file) => itemsOf(file, file.below)) }], others: [] };
  }
  const folders = Map.groupBy(files, ({ below }) => firstPart(below));
  const guests: SourceGuest[] = [];
  const others: Item[] = [];
  for (const [name = '', own] of folders) {
    const items = own.flatMap((file) => itemsOf(file, name === '' ? file.below : file.below.slice(name.length + 1)));
    // Defaults and distributions of util-vserver begin with a dot.
    if (name === '' || name.startsWith('.') || !items.some(isOfGuest)) others.push(...items);
    else guests.push({ name, items });
  }
  return { guests, others };
}

function isOfGuest({ key, unread }: Item): boolean {
  return unread === undefined && (OF_A_GUEST.test(key) || MAYBE_OF_A_GUEST.test(key));
}

function firstPart(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** Each line is a value; a file that is empty says something by being there, and a script is one thing. */
function itemsOf({ path, text, link, unread }: TreeFile, key: string): readonly Item[] {
  if (unread !== undefined) return [{ file: path, line: 1, key, value: '', unread }];
  if (link !== undefined) return [{ file: path, line: 1, key, value: `-> ${link}` }];
  const lines = text.split('\n').map((line) => line.trim());
  if (key.startsWith('scripts/') || text.startsWith('#!')) {
    return [{ file: path, line: 1, key, value: `a script of ${lines.filter((line) => line !== '').length} lines` }];
  }
  const items = lines.flatMap((value, at) =>
    value === '' || value.startsWith('#') ? [] : [{ file: path, line: at + 1, key, value }],
  );
  return items.length > 0 ? items : [{ file: path, line: 1, key, value: '' }];
}
