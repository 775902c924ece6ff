import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { testSink } from '../../src/agent/alerts/test-sink.ts';
import { systemClock } from '../../src/linux/clock.ts';
import { alertmanagerSink } from '../../src/linux/sinks/alertmanager.ts';
import type { AlertNotice } from '../../src/model/alert.ts';
import { alertMessage } from '../../src/report/alert-message.ts';
import { type AlertServer, alertServer } from './alert-server.ts';
import { debianAlertmanager, type RealAlertmanager, startAlertmanager } from './real-alertmanager.ts';

const MINUTE = 60_000;
const iso = (ms: number) => new Date(ms).toISOString();
const never = new AbortController().signal;
const { unpacked, lack } = debianAlertmanager();

let receiver: AlertServer;
let real: RealAlertmanager;
beforeAll(async () => {
  if (lack !== undefined) return;
  receiver = await alertServer();
  real = await startAlertmanager(unpacked, receiver.url);
});
afterAll(async () => {
  if (lack !== undefined) return;
  await real.stop();
  await receiver.close();
});
beforeEach(({ skip }) => skip(lack !== undefined, lack));

/** What the receiver of the Alertmanager was told of a guest: `firing`, `resolved`. */
function told(guest: string): readonly string[] {
  return receiver.requests
    .map(({ body }) => JSON.parse(body))
    .filter(({ commonLabels }) => commonLabels.guest === guest)
    .map(({ status }) => status);
}

function noticeOf(guest: string): AlertNotice {
  const now = Date.now();
  return {
    state: 'firing',
    kind: 'limit',
    severity: 'warning',
    guest,
    resource: 'processes',
    since: now - 4 * MINUTE,
    lastAt: now,
    at: now,
    hits: 37,
    untoldHits: 0,
  };
}

async function activeOf(guest: string) {
  return (await real.active()).filter(({ labels }) => labels.guest === guest);
}

test('a real Alertmanager takes an alert, has it as active until long after the next time that it is told, and tells it', async () => {
  const sink = alertmanagerSink({ url: real.url });
  const message = alertMessage(noticeOf('web1'), 'host1', iso);
  expect(await sink.send([message], never)).toEqual({ ok: true });
  const [active, ...others] = await activeOf('web1');
  expect(others).toEqual([]);
  expect(active).toMatchObject({
    labels: message.labels,
    annotations: message.annotations,
    startsAt: message.startsAt,
  });
  expect(active?.status.state).toMatch(/^(unprocessed|active)$/);
  expect(Date.parse(active?.endsAt ?? '') - Date.now()).toBeGreaterThan(2 * (sink.repeatMs ?? 0));
  await expect.poll(() => told('web1')).toEqual(['firing']);
});

test('what is told again is the same alert, and its end takes it away', async () => {
  const sink = alertmanagerSink({ url: real.url });
  const notice = noticeOf('web2');
  for (const hits of [37, 38, 39]) {
    expect(await sink.send([alertMessage({ ...notice, hits }, 'host1', iso)], never)).toEqual({ ok: true });
  }
  expect(await activeOf('web2')).toMatchObject([{ annotations: { summary: 'web2: processes: 39 hits' } }]);
  await expect.poll(() => told('web2')).toEqual(['firing']);
  const end = alertMessage({ ...notice, state: 'resolved', hits: 40, at: Date.now() }, 'host1', iso);
  expect(await sink.send([end], never)).toEqual({ ok: true });
  await expect.poll(() => activeOf('web2')).toEqual([]);
  await expect.poll(() => told('web2')).toEqual(['firing', 'resolved']);
});

test('an alert and its end that waited for it together leave nothing open', async () => {
  const sink = alertmanagerSink({ url: real.url });
  const notice = noticeOf('web3');
  const end = alertMessage({ ...notice, state: 'resolved', at: Date.now() }, 'host1', iso);
  expect(await sink.send([alertMessage(notice, 'host1', iso), end], never)).toEqual({ ok: true });
  expect(await activeOf('web3')).toEqual([]);
});

test('a test alert arrives', async () => {
  const tested = await testSink(alertmanagerSink({ url: real.url }), 'host1', systemClock);
  expect(tested).toMatchObject({ ok: true });
  await expect.poll(() => told('none')).toEqual(['firing']);
});

test('what it refuses is refused for ever, with its own words', async () => {
  const message = { ...alertMessage(noticeOf('web4'), 'host1', iso), endsAt: 'soon' };
  const sent = await alertmanagerSink({ url: real.url }).send([message], never);
  expect(sent).toMatchObject({ ok: false, isFinal: true, reason: expect.stringMatching(/^answered 400: .*soon/) });
});
