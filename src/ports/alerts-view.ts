import type { AlertKind, AlertResource, AlertSeverity } from '../model/alert.ts';

/** All times are ISO 8601. */
export interface AlertsView {
  readonly open: readonly OpenAlertView[];
  /** What is over, the last one first. */
  readonly recent: readonly RecentAlertView[];
  readonly sinks: readonly SinkView[];
}

interface AlertView {
  readonly guest: string;
  readonly resource: AlertResource;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly since: string;
  readonly hits: number;
}

export interface OpenAlertView extends AlertView {
  readonly phase: 'pending' | 'firing' | 'resolving';
  /** Somebody was told of it. */
  readonly told: boolean;
  /** Share of the limit, 0 to 1. */
  readonly level?: number;
}

export interface RecentAlertView extends AlertView {
  readonly until: string;
  readonly says: string;
}

export interface SinkView {
  readonly sink: string;
  /** Alerts that it is to be told; that it was; and that it was not and will not be, each since the agent's start. */
  readonly waiting: number;
  readonly sent: number;
  readonly undelivered: number;
  /** Why it did not take the last one. */
  readonly failing?: string;
}

/** What became of a test alert. */
export interface SinkTestView {
  readonly sink: string;
  readonly ok: boolean;
  /** Why it was not taken. */
  readonly reason?: string;
  readonly tookMs: number;
}
