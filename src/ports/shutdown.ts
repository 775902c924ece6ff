import type { KnownFrom, PlannedStop, ShutdownLimit } from '../model/shutdown.ts';

/** What of this host does not wait for ever when it goes down. */
export interface ShutdownLimits {
  /** Reads it anew; without systemd there are none. */
  read(): Promise<readonly ShutdownLimit[]>;
}

/** A shutdown of the host, if it came now. */
export interface ShutdownView {
  readonly totalMs: number;
  /** In the order of their ends. */
  readonly stops: readonly StopForecast[];
  /** Those that make it take so long, each behind the one before it. */
  readonly critical: readonly string[];
  readonly limits: readonly ShutdownLimit[];
  /** The shortest that ends guests; absent: nothing does. */
  readonly smallest?: ShutdownLimit;
  readonly fits: boolean;
}

export type StopForecast = PlannedStop & KnownFrom;
