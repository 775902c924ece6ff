import { expect, test } from 'vitest';
import { alertmanagerSink } from '../../../src/linux/sinks/alertmanager.ts';
import { messageOf } from '../../contract/alert-message.ts';
import { alertServer } from '../../contract/alert-server.ts';

const never = new AbortController().signal;

test.each([
  ['', '/api/v2/alerts'],
  ['/', '/api/v2/alerts'],
  ['/monitoring/am/', '/monitoring/am/api/v2/alerts'],
])('below the address "%s" its API is at %s', async (below, path) => {
  const server = await alertServer();
  await alertmanagerSink({ url: `${server.url}${below}` }).send([messageOf()], never);
  await server.close();
  expect(server.requests[0]?.path).toBe(path);
});

test('what goes on ends by itself unless it is told again in time, what is over ends then', async () => {
  const server = await alertServer();
  const sink = alertmanagerSink({ url: server.url });
  const endsAt = '2026-03-01T12:10:00.000Z';
  await sink.send([messageOf(), messageOf({ status: 'resolved', endsAt })], never);
  await server.close();
  const [firing, resolved] = JSON.parse(server.requests[0]?.body ?? '[]');
  const { status: _, ...message } = messageOf();
  expect(resolved).toEqual({ ...message, endsAt });
  const lastsMs = Date.parse(firing.endsAt) - Date.now();
  expect(lastsMs).toBeGreaterThan(2 * (sink.repeatMs ?? 0));
  expect(lastsMs).toBeLessThan(300_000);
});
