import type { AlertMessage } from '../../src/model/alert-message.ts';

/** An alert that a sink may be given. */
export function messageOf(replaced: Partial<AlertMessage> = {}): AlertMessage {
  return {
    status: 'firing',
    labels: {
      alertname: 'HostlerLimit',
      guest: 'web1',
      resource: 'processes',
      severity: 'warning',
      instance: 'host1',
    },
    annotations: {
      summary: 'web1: processes: 37 hits',
      description: 'Processes and threads of web1 reached their limit.',
      runbook: 'Raise processes.limit.',
    },
    startsAt: '2026-03-01T12:00:00.000Z',
    ...replaced,
  };
}
