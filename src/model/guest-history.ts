import type { Blocker } from './stop.ts';

/** What became of a guest's starts, kept for good. Times are milliseconds since 1970. */
export interface GuestHistory {
  /** The last ones, the newest last. */
  readonly stops: readonly PastStop[];
  /** When it ended although nobody had asked for that: the last ones. */
  readonly crashes: readonly number[];
  /** When it was started again after that: those of the last hour, and the next one. */
  readonly restarts: readonly number[];
  /** Crashes without a stable time between them. */
  readonly inARow: number;
  /** It is not started again by itself until somebody starts it. */
  readonly isQuarantined: boolean;
  /** Why it is in quarantine; absent: it ended by itself too often. */
  readonly quarantinedFor?: QuarantineReason;
  /** When it rebooted from inside: the last ones. */
  readonly reboots?: readonly number[];
  /** Absent: it does not run. */
  readonly run?: Run;
  /** That run has ended, and it is not known yet what that was. */
  readonly ending?: OpenEnd;
  /** When it was started last. */
  readonly startedAt?: number;
  readonly end?: PastEnd;
  /** Of the last stop that had to end somebody. */
  readonly evidence?: LastEvidence;
  /** The host died while it ran, and nobody has stopped it since. */
  readonly isUnclean?: true;
  /** Each of its last starts was followed by one. */
  readonly hostDeaths?: HostDeaths;
}

export interface PastStop {
  readonly at: number;
  readonly tookMs: number;
  readonly killed: boolean;
  /** It was killed while its init ran, or a program before its halt failed; absent also: an older agent wrote it. */
  readonly endedBadly?: true;
  /** Its time says nothing of the next one: nobody saw its end, or nothing could end it. */
  readonly isNoMeasure?: true;
}

/**
 * Who ran in it then, and what each waited for: as many as are kept, of `count`. `killed`: at the deadline. `left`: others than its
 * init, which had ended. `wedged`: they did not end when they were killed.
 */
export interface LastEvidence {
  readonly at: number;
  readonly why: 'killed' | 'left' | 'wedged';
  readonly count: number;
  readonly processes: readonly Blocker[];
}

/** Of the stops that are remembered. `mostMs`: 19 of 20 took no longer. */
export interface StopTimes {
  readonly count: number;
  readonly killed: number;
  readonly lastMs: number;
  readonly mostMs: number;
}

/** One start of it, in one start of the host. */
export interface Run {
  /** As ledgers name it. */
  readonly instance: string;
  readonly bootId: string;
  /** Who sees to it for its runtime; absent: nobody knows. */
  readonly keeper?: string;
  /** It has rebooted although it may not: it is stopped. */
  readonly isUnwanted?: true;
  /** The host has outlived the first moments of it. */
  readonly hasLasted?: true;
}

export interface OpenEnd {
  readonly at: number;
  readonly ranMs: number;
  /** Who saw to it, and to the next start where it reboots; absent: nobody knows. */
  readonly keeper?: string;
  /** Somebody wants it stopped: it is not started again, and where its runtime does so it is stopped. */
  readonly isUnwanted?: true;
  /** No agent ran then: nobody can say whether it was asked for. */
  readonly isUnseen?: true;
}

/** Ends of the host. */
export interface HostDeaths {
  readonly count: number;
  /** The start of the host that found the last one. */
  readonly bootId: string;
}

/** Why a guest is in quarantine that did not only end by itself. */
export type QuarantineReason =
  | TooManyReboots
  /** So many times in a row the host died when it had just been started. */
  | { readonly hostDeaths: number };

/** So many reboots within that time were too many. */
export interface TooManyReboots {
  readonly reboots: number;
  readonly withinMs: number;
}

export interface PastEnd {
  readonly at: number;
  readonly why: EndReason;
}

/** `by-itself`: powered off from inside, or crashed. `unseen`: no agent ran. `host`: with the host, which had not stopped it. */
export type EndReason = 'stopped' | 'rebooted' | 'by-itself' | 'unseen' | 'host';

export const NO_HISTORY: GuestHistory = { stops: [], crashes: [], restarts: [], inARow: 0, isQuarantined: false };
