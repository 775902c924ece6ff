import { expect, test } from 'vitest';
import type { AlertNotice } from '../../src/model/alert.ts';
import { alertMessage } from '../../src/report/alert-message.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const notice: AlertNotice = {
  state: 'firing',
  kind: 'limit',
  severity: 'critical',
  guest: 'web1',
  resource: 'oom-kill',
  since: 60_000,
  lastAt: 60_000,
  at: 60_000,
  hits: 2,
  untoldHits: 0,
};

test('an alert has the labels that make it one, and texts for people', () => {
  expect(alertMessage(notice, 'host1', iso)).toEqual({
    status: 'firing',
    labels: { alertname: 'HostlerLimit', guest: 'web1', resource: 'oom-kill', severity: 'critical', instance: 'host1' },
    annotations: {
      summary: 'web1: out of memory, killed: 2 hits',
      description: 'web1 lost processes that the kernel killed because its memory was used up.',
      runbook: expect.stringContaining('memory.rss.limit'),
    },
    startsAt: '1970-01-01T00:01:00.000Z',
  });
});

test('its end has the same labels and the same start, and is never before that', () => {
  const end = alertMessage({ ...notice, state: 'resolved', at: 120_000, hits: 3 }, 'host1', iso);
  expect(end).toMatchObject({ status: 'resolved', endsAt: '1970-01-01T00:02:00.000Z' });
  const { labels, startsAt } = alertMessage(notice, 'host1', iso);
  expect([end.labels, end.startsAt]).toEqual([labels, startsAt]);
  expect(alertMessage({ ...notice, state: 'resolved', at: 0 }, 'host1', iso).endsAt).toBe(startsAt);
});

test('that something flaps is another alert', () => {
  expect(alertMessage({ ...notice, kind: 'flapping' }, 'host1', iso).labels.alertname).toBe('HostlerFlapping');
});
