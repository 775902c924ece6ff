/** Something of this host that does not wait for ever when it goes down. */
export interface ShutdownLimit {
  /** As its own documentation calls it: `TimeoutStopSec of hostler-guests.service`. */
  readonly name: string;
  /** Absent: it waits for ever, or nobody could say. */
  readonly ms?: number;
  /** Why nobody could say. */
  readonly unread?: string;
  /** `guests`: ends them. `before`: only their head start. `after`: it begins when they have ended. */
  readonly ends: 'guests' | 'before' | 'after';
  /** Of what lets guests halt when the host goes down. */
  readonly isOurs?: true;
}

/** The stop of a guest in a shutdown, counted from its beginning. */
export interface PlannedStop {
  readonly guest: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** For whose end it waited, or for its place. */
  readonly behind?: string;
}

/** What the time of a stop is known from. */
export interface KnownFrom {
  /** How many stops; 0: it is the guest's timeout. */
  readonly learned: number;
  /** Those stops that it is the timeout for, of `known`; absent: it is not, or for want of stops. */
  readonly killed?: number;
  readonly known?: number;
}
