import type { Refusal } from '../model/failure.ts';
import { foldersAbove } from './folders.ts';

/** A name below /dev that something of a rule wants in a guest. */
export interface Wish<Thing> {
  readonly path: string;
  readonly rule: string;
  /** For people who have to tell two wishes of one rule apart. */
  readonly device: string;
  /** Tells two devices apart for certain. */
  readonly plug: string;
  readonly thing: Thing;
}

export interface Contest<Thing> {
  readonly won: readonly Wish<Thing>[];
  /** Whose name the guest does not have for that device, not by another rule either. */
  readonly lost: readonly Wish<Thing>[];
  readonly refusals: readonly Refusal[];
}

/**
 * Who gets which name, when wishes come in configuration order: the first rule that wants it. Two devices of that one rule
 * get nothing, since nothing says which of them is meant. A name is also lost below or above a name that is given.
 */
export function contest<Thing>(
  wishes: readonly Wish<Thing>[],
  guest: string,
  given: readonly Wish<unknown>[] = [],
): Contest<Thing> {
  const names = new Names(given);
  const won: Wish<Thing>[] = [];
  const lost: Wish<Thing>[] = [];
  const refusals: Refusal[] = [];
  for (const rivals of byPath(wishes)) {
    const [first, second] = rivals;
    const holder = names.inTheWayOf(first) ?? (second?.rule === first.rule ? second : undefined);
    if (!holder) won.push(names.give(first));
    else refusals.push(refusalOf(guest, first, holder));
    for (const rival of rivals) if (rival.rule !== first.rule) refusals.push(refusalOf(guest, rival, first));
    lost.push(...rivals.filter((rival) => holder !== undefined || rival.plug !== first.plug));
  }
  return { won, lost, refusals };
}

/** The names that are given, and the folders that these need. */
class Names {
  readonly #names = new Map<string, Wish<unknown>>();
  readonly #folders = new Map<string, Wish<unknown>>();

  constructor(given: readonly Wish<unknown>[]) {
    for (const wish of given) this.give(wish);
  }

  give<Thing>(wish: Wish<Thing>): Wish<Thing> {
    this.#names.set(wish.path, wish);
    for (const folder of foldersAbove(wish.path)) this.#folders.set(folder, wish);
    return wish;
  }

  inTheWayOf(wish: Wish<unknown>): Wish<unknown> | undefined {
    const above = foldersAbove(wish.path).find((folder) => this.#names.has(folder));
    return this.#names.get(above ?? wish.path) ?? this.#folders.get(wish.path);
  }
}

type Rivals<Thing> = readonly [Wish<Thing>, ...Wish<Thing>[]];

/** Groups in the order of their first wish. */
function byPath<Thing>(wishes: readonly Wish<Thing>[]): readonly Rivals<Thing>[] {
  const groups = new Map<string, [Wish<Thing>, ...Wish<Thing>[]]>();
  for (const wish of wishes) {
    const group = groups.get(wish.path);
    if (group) group.push(wish);
    else groups.set(wish.path, [wish]);
  }
  return [...groups.values()];
}

function refusalOf(guest: string, loser: Wish<unknown>, holder: Wish<unknown>): Refusal {
  const who =
    loser.rule === holder.rule
      ? `rule ${loser.rule} wants it for ${loser.device} and for ${holder.device}`
      : `rule ${holder.rule} wants ${holder.path} for ${holder.device}, rule ${loser.rule} wants ${loser.path} for ${loser.device}`;
  return { code: 'E_CONFLICT', subject: `${guest}:${loser.path}`, detail: who, rule: loser.rule };
}
