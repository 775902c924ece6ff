import type { AlertNotice, GuestAlerts } from './alert.ts';

/** An alert as it is told to somebody, in Prometheus' words; plain JSON. */
export interface AlertMessage {
  readonly status: 'firing' | 'resolved';
  /** What makes it this alert and no other: those of `firing` and of its `resolved` are the same. */
  readonly labels: AlertLabels;
  readonly annotations: AlertAnnotations;
  /** ISO 8601. */
  readonly startsAt: string;
  /** Of what is over. */
  readonly endsAt?: string;
}

export type AlertLabels = Readonly<Record<'alertname' | 'guest' | 'resource' | 'severity' | 'instance', string>>;
export type AlertAnnotations = Readonly<Record<'summary' | 'description' | 'runbook', string>>;

/** What waits for a sink, and since when (milliseconds since 1970). */
export interface QueuedMessage {
  readonly message: AlertMessage;
  readonly at: number;
}

/** What an agent leaves to the next one. */
export interface StoredAlerts {
  readonly guests: Readonly<Record<string, GuestAlerts>>;
  readonly recent: readonly AlertNotice[];
  /** By the sink's name. */
  readonly queues: Readonly<Record<string, readonly QueuedMessage[]>>;
}
