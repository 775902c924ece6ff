/**
 * A token bucket of CPU time, as Linux-VServer's sched_hard had it. One token is `tickUs` microseconds of CPU; the guest
 * earns `rate` tokens every `interval` ticks of wall-clock time.
 */
export interface BucketPolicy {
  readonly rate: number;
  readonly interval: number;
  readonly tickUs: number;
  /** Tokens that it holds at most: how much may be saved up for a burst. */
  readonly size: number;
  /** Tokens that a drained guest must have before it runs again. */
  readonly threshold: number;
  /** smooth: a drained guest goes on at its rate. strict: it stands still until it has `threshold` tokens. */
  readonly hold: 'smooth' | 'strict';
  /** steady: tokens come one by one. lump: `rate` of them at the end of each interval. */
  readonly refill: 'steady' | 'lump';
}
