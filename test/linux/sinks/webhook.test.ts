import { expect, test } from 'vitest';
import { webhookSink } from '../../../src/linux/sinks/webhook.ts';
import { messageOf } from '../../contract/alert-message.ts';
import { alertServer } from '../../contract/alert-server.ts';

const never = new AbortController().signal;

test("what is posted has the form of Alertmanager's webhooks, and an alert and its end the same fingerprint", async () => {
  const server = await alertServer();
  const sink = webhookSink({ url: `${server.url}/hooks/alerts?room=1` });
  await sink.send([messageOf()], never);
  await sink.send([messageOf({ status: 'resolved', endsAt: '2026-03-01T12:10:00.000Z' })], never);
  await server.close();
  const [firing, resolved] = server.requests.map(({ body }) => JSON.parse(body));
  expect(server.requests[0]?.path).toBe('/hooks/alerts?room=1');
  const { status, ...message } = messageOf();
  expect(firing).toEqual({
    version: '4',
    groupKey: '{}:{alertname="HostlerLimit", guest="web1", instance="host1", resource="processes", severity="warning"}',
    truncatedAlerts: 0,
    status,
    receiver: 'hostler',
    groupLabels: message.labels,
    commonLabels: message.labels,
    commonAnnotations: message.annotations,
    externalURL: '',
    alerts: [
      {
        status,
        ...message,
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: '',
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    ],
  });
  expect(resolved).toMatchObject({ status: 'resolved', alerts: [{ endsAt: '2026-03-01T12:10:00.000Z' }] });
  expect(resolved.alerts[0].fingerprint).toBe(firing.alerts[0].fingerprint);
});

test('its name does not tell what an address keeps secret', () => {
  expect(webhookSink({ url: 'https://chat.example/hooks/SECRET?key=SECRET' }).name).toBe(
    'webhook https://chat.example',
  );
});
