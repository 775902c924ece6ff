import type { Meaning } from '../cgroup/meaning.ts';
import type { Item } from '../item.ts';

/** Names of LXC 1 and 2 for what has another one since 3. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['lxc.utsname', 'lxc.uts.name'],
  ['lxc.haltsignal', 'lxc.signal.halt'],
  ['lxc.rebootsignal', 'lxc.signal.reboot'],
  ['lxc.stopsignal', 'lxc.signal.stop'],
]);

/** What hostler may take over; all else LXC goes on doing, however often it is said. */
const OURS =
  /^(lxc\.(group|mount\.entry|uts\.name|(start|signal|prlimit)\..*)|devices\.(allow|deny)|(memory|cpu|pids|io|blkio)\..*)$/;
/** Keys of which every line counts. */
const LISTS = /^(lxc\.group|lxc\.mount\.entry|devices\.(allow|deny)|io\.max|blkio\.throttle\..*)$/;

const DEVICES = /^devices\.(allow|deny)$/;

/** Whether an empty value takes something back that hostler would have taken over. */
export function isOurs({ name }: Meaning): boolean {
  return OURS.test(name);
}

export function meaningOf(item: Item): Meaning {
  const [, second, file] = /^lxc\.cgroup(2?)\.(.+)$/.exec(item.key) ?? [];
  if (file !== undefined && !/^(dir|relative)\b/.test(file))
    return { item, name: file, version: second === '2' ? 2 : 1 };
  const name = item.key.replace(/^lxc\.limit\./, 'lxc.prlimit.');
  return { item, name: RENAMED.get(name) ?? name };
}

/** The lines that count, and for each other one why it does not: an empty value takes back, of one value the last counts. */
export function countingLines(items: readonly Item[]): {
  readonly counting: readonly Meaning[];
  readonly passed: ReadonlyMap<Item, string>;
} {
  const meanings = items.map(meaningOf);
  const passed = new Map<Item, string>();
  for (const [at, { item, name, version }] of meanings.entries()) {
    if (!OURS.test(name)) continue;
    const later = meanings.slice(at + 1).filter((other) => other.name === name && other.version === version);
    const cleared = later.find((other) => other.item.value === '');
    const said = LISTS.test(name) ? undefined : later.at(-1);
    if (cleared !== undefined) passed.set(item, `taken back in ${cleared.item.file}:${cleared.item.line}`);
    else if (said !== undefined) passed.set(item, `said again in ${said.item.file}:${said.item.line}, which counts`);
  }
  const counting = meanings.filter(({ item }) => !passed.has(item));
  for (const [item, why] of beforeAll(counting)) passed.set(item, why);
  return { counting: counting.filter(({ item }) => !passed.has(item)), passed };
}

/** Whether it opens or closes everything. */
export function isOfAllDevices({ name, item }: Meaning): boolean {
  return DEVICES.test(name) && /^a(\s+\*:\*\s+rwm)?$/.test(item.value);
}

/** Lines about devices before one about all of them, which leaves nothing of what they say. */
function beforeAll(lines: readonly Meaning[]): ReadonlyMap<Item, string> {
  return new Map(
    lines.flatMap(({ item, name, version }, at) => {
      if (!DEVICES.test(name)) return [];
      const all = lines.slice(at + 1).findLast((other) => other.version === version && isOfAllDevices(other));
      return all === undefined
        ? []
        : [[item, `all devices are said in ${all.item.file}:${all.item.line}, which counts`]];
    }),
  );
}
