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
}

export interface PastStop {
  readonly at: number;
  readonly tookMs: number;
  readonly killed: boolean;
}

export const NO_HISTORY: GuestHistory = { stops: [], crashes: [], restarts: [], inARow: 0, isQuarantined: false };
