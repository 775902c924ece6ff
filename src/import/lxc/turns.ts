import type { Turn } from '../boot-order.ts';
import type { Meaning } from '../cgroup/meaning.ts';
import type { SourceGuest } from '../item.ts';
import { countingLines } from './lines.ts';

/** What Debian's lxc.service starts first, and then those without a group: BOOTGROUPS="onboot,". */
const BOOT_GROUP = 'onboot';
/** More than two orders differ. */
const NEXT_GROUP = 2 ** 33;

/** As lxc-autostart has it: the lower the earlier, in each of the two groups; none where no guest says an order. */
export function turnsOf(guests: readonly SourceGuest[]): readonly Turn[] {
  const known = guests.map(({ name, items }) => ({ guest: name, lines: countingLines(items).counting }));
  if (!known.some(({ lines }) => (orderOf(lines) ?? 0) !== 0)) return [];
  return known.flatMap(({ guest, lines }) => {
    const order = orderOf(lines);
    if (!isAuto(lines) || !isAtBoot(lines) || order === undefined) return [];
    return [{ guest, at: turnOf(order, lines) }];
  });
}

function turnOf(order: number, lines: readonly Meaning[]): number {
  return groupsOf(lines).length === 0 ? NEXT_GROUP + order : order;
}

export function isAuto(lines: readonly Meaning[]): boolean {
  return saidOf(lines, 'lxc.start.auto') === '1';
}

export function isAtBoot(lines: readonly Meaning[]): boolean {
  const groups = groupsOf(lines);
  return groups.length === 0 || groups.includes(BOOT_GROUP);
}

/** Undefined: what is said is none. */
export function orderOf(lines: readonly Meaning[]): number | undefined {
  return parseOrder(saidOf(lines, 'lxc.start.order') || '0');
}

// A zero before other digits is of base 8 for LXC.
function parseOrder(text: string): number | undefined {
  return /^(0|-?[1-9]\d{0,8})$/.test(text) ? Number(text) : undefined;
}

export function groupsOf(lines: readonly Meaning[]): readonly string[] {
  return lines.flatMap(({ item, name }) => (name === 'lxc.group' ? wordsOf(item.value) : []));
}

export function wordsOf(value: string): readonly string[] {
  return value.split(/[ \t]+/).filter((word) => word !== '');
}

function saidOf(lines: readonly Meaning[], wanted: string): string | undefined {
  return lines.find(({ name }) => name === wanted)?.item.value;
}
