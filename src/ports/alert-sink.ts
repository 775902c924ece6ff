import type { SinkSettings } from '../model/alert.ts';
import type { AlertMessage } from '../model/alert-message.ts';

/** One place where alerts are told. */
export interface AlertSink {
  /** `mail root`; no two sinks have the same. */
  readonly name: string;
  /** How many messages it takes at a time. */
  readonly most: number;
  /** How often what goes on is told again, since it would be taken for over otherwise. */
  readonly repeatMs?: number;
  /** Never rejects, and answers soon after `signal` was given. */
  send(messages: readonly AlertMessage[], signal: AbortSignal): Promise<Sent>;
}

/** `isFinal`: it will never take this message. */
export type Sent = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly isFinal: boolean };

export type OpenSinks = (sinks: readonly SinkSettings[]) => readonly AlertSink[];
