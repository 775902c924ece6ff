import type { Uevent } from '../../src/model/uevent.ts';

/** Why uevents were lost; only an enumeration heals it. `gap` and `unverified` are doubt, not certainty. */
export type LossReason = 'overflow' | 'truncated' | 'gap' | 'unread' | 'unverified';

/** Why a uevent did not count, as native/executor/PROTOCOL.md has it. */
export type RefusalReason = 'sender' | 'injected' | 'magic' | 'short' | 'header' | 'name' | 'unicast' | 'unverified';

/** Forged or malformed uevents since the last such line. */
export interface RefusedUevents {
  readonly reason: RefusalReason;
  /** The last sender, 0 where there is none. */
  readonly pid: number;
  readonly count: number;
}

const GROUPS: Readonly<Record<Uevent['group'], true>> = { kernel: true, udev: true };
const ACTIONS: Readonly<Record<Uevent['action'], true>> = {
  add: true,
  remove: true,
  change: true,
  move: true,
  online: true,
  offline: true,
  bind: true,
  unbind: true,
};
const LOSSES: Readonly<Record<LossReason, true>> = {
  overflow: true,
  truncated: true,
  gap: true,
  unread: true,
  unverified: true,
};
const REFUSALS: Readonly<Record<RefusalReason, true>> = {
  sender: true,
  injected: true,
  magic: true,
  short: true,
  header: true,
  name: true,
  unicast: true,
  unverified: true,
};

/**
 * The decoded words of `event uevent GROUP ACTION SEQNUM SUBSYSTEM DEVPATH OLD`, from `uevent` on. Undefined: not such a
 * line.
 */
export function parseUevent(words: readonly string[]): Uevent | undefined {
  const [kind, group, action, seqnum, subsystem, devpath, old] = words;
  if (kind !== 'uevent' || words.length !== 7) return undefined;
  if (!isKey(GROUPS, group) || !isKey(ACTIONS, action) || !isNumber(seqnum)) return undefined;
  if (!subsystem || !devpath?.startsWith('/')) return undefined;
  const uevent = { group, action, seqnum: BigInt(seqnum), subsystem, devpath };
  return old ? { ...uevent, oldDevpath: old } : uevent;
}

/** The decoded words of `event uevents-lost REASON`. */
export function parseUeventsLost(words: readonly string[]): LossReason | undefined {
  const [kind, reason] = words;
  return kind === 'uevents-lost' && words.length === 2 && isKey(LOSSES, reason) ? reason : undefined;
}

/** The decoded words of `event uevent-refused REASON PID COUNT`. */
export function parseUeventRefused(words: readonly string[]): RefusedUevents | undefined {
  const [kind, reason, pid, count] = words;
  if (kind !== 'uevent-refused' || words.length !== 4) return undefined;
  if (!isKey(REFUSALS, reason) || !isNumber(pid) || !isNumber(count)) return undefined;
  return { reason, pid: Number(pid), count: Number(count) };
}

function isKey<Key extends string>(table: Readonly<Record<Key, true>>, word: string | undefined): word is Key {
  return word !== undefined && Object.hasOwn(table, word);
}

function isNumber(word: string | undefined): word is string {
  return word !== undefined && /^[0-9]{1,20}$/.test(word);
}
