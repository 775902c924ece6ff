/** What is left of a guest's CPU time. All times are microseconds of the monotonic clock: while the host sleeps nothing is earned. */
export interface Bucket {
  /** Below zero: debt, CPU time that was used and not yet earned. */
  readonly tokensUs: number;
  /** Earned and not yet a whole microsecond, in parts of `interval`. In lumps: time since the last one. */
  readonly remainder: number;
  readonly held: boolean;
  /** When it was last looked at, and the kernel's cumulative usage then. */
  readonly atUs: number;
  readonly usedUs: number;
}

/** As it is kept for the next agent of this boot. */
export interface KeptBucket {
  /** The life of the cgroup whose usage it counts. */
  readonly epoch: string;
  readonly bucket: Bucket;
}
