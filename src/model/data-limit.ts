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
}
