import type { Entry, Item, Scalar, Setting, Verdict } from './item.ts';

/** What is to become of some of a guest's items; those that nobody speaks of are unknown. */
export type Verdicts = ReadonlyMap<Item, Verdict>;

/** Of those items alone that `verdictOf` has a word for. */
export function verdictsOf(items: readonly Item[], verdictOf: (item: Item) => Verdict | undefined): Verdicts {
  return new Map(
    items.flatMap((item) => {
      const verdict = verdictOf(item);
      return verdict === undefined ? [] : [[item, verdict] as const];
    }),
  );
}

export function taken(how: string, ...settings: readonly Setting[]): Verdict {
  return { fate: 'taken', how, settings };
}

export function none(how: string): Verdict {
  return { fate: 'none', how, settings: [] };
}

export function decide(how: string): Verdict {
  return { fate: 'decide', how, settings: [] };
}

/** Of a link that was not followed. */
export const LINK = 'a link to a folder, or out of what is imported, is not followed; import what it names';

/** Of kinds of memory that the kernel counts with all other. */
export const IN_RSS = 'it counts for memory.rss.limit: write that where the policy has none';

/** Of a file of which nothing was read. */
export function notRead(why: string): Verdict {
  return decide(`nothing of it is taken over: ${why}`);
}

export function unknown(how: string): Verdict {
  return { fate: 'unknown', how, settings: [] };
}

/** A key of the guest's policy, `memory.rss.limit`. */
export function policyKey(path: string, value: Scalar): Setting {
  return { kind: 'policies', path: path.split('.'), value };
}

/** One more of a list in the guest's policy, `io.devices`. */
export function policyEntry(path: string, entry: Entry): Setting {
  return { kind: 'policies', path: path.split('.'), value: [entry] };
}

/** A key of the guest's file, `start.auto`. */
export function guestKey(path: string, value: Scalar | readonly string[]): Setting {
  return { kind: 'guests', path: path.split('.'), value };
}
