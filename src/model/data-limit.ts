/** RLIMIT_DATA of a process, bytes; what is absent has no end. */
export interface DataLimit {
  readonly soft?: number;
  readonly hard?: number;
}

/** What was made of it for the processes of a guest. */
export interface DataGiven {
  /** What init had before. */
  readonly own: DataLimit;
  /** What was asked for since, and processes may still have; the last one is what they are to have. */
  readonly given: readonly number[];
  /** Each process has a part of the last one by now, and init is no example of it. */
  readonly shared?: true;
}

/** What the processes of a guest have of their own, bytes. */
export interface DataHeld {
  readonly processes: number;
  readonly sum: number;
  readonly largest: number;
}

/** The same with what they may have: all of them together where it is shared, else each. */
export interface DataUse extends DataHeld {
  readonly limit: number;
  readonly isShared: boolean;
}
