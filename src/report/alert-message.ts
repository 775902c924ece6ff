import type { AlertKind, AlertNotice } from '../model/alert.ts';
import type { AlertMessage } from '../model/alert-message.ts';
import { alertLine, alertMeaning, alertRemedy } from './alert-text.ts';

const NAMES: Readonly<Record<AlertKind, string>> = { limit: 'HostlerLimit', flapping: 'HostlerFlapping' };

/** A notice as sinks are told it. `iso` writes milliseconds since 1970 as ISO 8601, `instance` names this host. */
export function alertMessage(notice: AlertNotice, instance: string, iso: (ms: number) => string): AlertMessage {
  const { state, kind, guest, resource, severity, since, at } = notice;
  return {
    status: state,
    labels: { alertname: NAMES[kind], guest, resource, severity, instance },
    annotations: { summary: alertLine(notice), description: alertMeaning(notice), runbook: alertRemedy(notice) },
    startsAt: iso(since),
    ...(state === 'resolved' && { endsAt: iso(Math.max(since, at)) }),
  };
}
