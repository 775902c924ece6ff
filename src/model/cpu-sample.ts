/** One reading of a guest's CPU counters. Both times are microseconds. */
export interface CpuSample {
  /** Of the monotonic clock, which goes on over restarts of the agent. */
  readonly atUs: number;
  /** CPU time since the cgroup was made. */
  readonly usedUs: number;
  /** Periods in which the kernel held the guest back. */
  readonly throttles: number;
}
