import type { LimitRow } from '../model/limit.ts';
import type { Durations } from '../model/metric.ts';
import type { GuestView, StatusView } from './agent.ts';
import type { AlertsView } from './alerts-view.ts';
import type { ShutdownView } from './shutdown.ts';

/** Everything that is told as a metric. Times are seconds since 1970. */
export interface MetricsView {
  readonly status: StatusView;
  readonly startedAt: number;
  readonly loadedAt: number;
  /** Of the agent's own process. */
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly guests: readonly GuestMetrics[];
  readonly alerts: AlertsView;
  readonly shutdown: Pick<ShutdownView, 'totalMs' | 'smallest'>;
  readonly passes: Readonly<Record<PassKind, Durations>>;
}

export type PassKind = 'devices' | 'limits' | 'starts' | 'stops';

export interface GuestMetrics extends Measured {
  readonly guest: GuestView;
  /** When rows were read; absent: nothing is held. */
  readonly readAt?: number;
}

/** What was read of a guest, and what is left of its CPU time. */
export interface Measured {
  readonly rows: readonly LimitRow[];
  /** Absent: the kernel keeps it by itself, or it has none. */
  readonly bucket?: BucketMetrics;
}

/** A bucket of CPU time, microseconds. */
export interface BucketMetrics {
  readonly tokensUs: number;
  readonly sizeUs: number;
  readonly held: boolean;
}
