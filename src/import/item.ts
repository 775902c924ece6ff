/** A file of what is imported, `path` as people find it. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A file by its path below the folder that is imported, or a link that was not followed. */
export interface TreeFile extends SourceFile {
  readonly below: string;
  /** Where it is on this host, without links. */
  readonly real?: string;
  readonly link?: string;
  /** Why nothing of it was read. */
  readonly unread?: string;
}

/** What was found, before anybody says what it means: guests, and what is nobody's. */
export interface Source {
  readonly guests: readonly SourceGuest[];
  readonly others: readonly Item[];
}

/** One value that the source says, wherever it leads; lines count from 1. */
export interface Item {
  readonly file: string;
  readonly line: number;
  /** As the source calls it: `rlimits/rss.hard`, `PRIVVMPAGES`, `lxc.cgroup2.memory.max`. */
  readonly key: string;
  readonly value: string;
  /** Of a file that is one value: why nothing of it was read. */
  readonly unread?: string;
}

/** All that the source says of one guest, in its order. */
export interface SourceGuest {
  readonly name: string;
  readonly items: readonly Item[];
}

/** A value of the source and what became of it. */
export interface Line extends Item {
  readonly guest: string;
  readonly verdict: Verdict;
}

/**
 * taken: it is in `settings`, or says nothing but what is so anyhow. none: nothing of hostler's is like it. decide: somebody has to,
 * `how` says what. unknown: nobody knows what it means.
 */
export type Fate = 'taken' | 'none' | 'decide' | 'unknown';

export interface Verdict {
  readonly fate: Fate;
  /** The arithmetic, or the reason. */
  readonly how: string;
  readonly settings: readonly Setting[];
}

export type Scalar = string | number | boolean;

export type List = readonly (string | Entry)[];

/** One of a list of mappings. */
export interface Entry {
  readonly [key: string]: Scalar;
}

/** A key of the guest's file or of its policy, or a rule for it. */
export type Setting =
  | {
      readonly kind: 'guests' | 'policies';
      readonly path: readonly string[];
      readonly value: Scalar | List;
    }
  | { readonly kind: 'rules'; readonly rule: RuleDraft };

/** A rule without its name and its guests. */
export interface RuleDraft {
  readonly match: { readonly name: string } | { readonly number: string };
  readonly take: 'one' | 'all';
  readonly access: string;
  /** In the guest; absent: where it is on the host. */
  readonly path?: string;
}
