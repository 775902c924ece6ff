import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createMetricsServer } from '../../src/control/metrics-server.ts';
import { freePort } from '../contract/real-server.ts';

const TEXT = 'hostler_ready 1\n';
const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function served(metrics: () => Promise<string> = async () => TEXT) {
  const server = createMetricsServer(metrics);
  servers.push(server);
  const at = { host: '127.0.0.1', port: await freePort() };
  expect(await server.listen(at)).toBeUndefined();
  return { server, at };
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask(port: number, { path = '/metrics', method = 'GET', headers = {} }: Asked = {}) {
  return new Promise<{ status: number; type: string | undefined; body: string }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers }, async (answer) => {
      let body = '';
      for await (const part of answer.setEncoding('utf8')) body += part;
      resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'], body });
    });
    asked.on('error', reject).end();
  });
}

test('whoever asks gets the metrics, in the format that Prometheus knows', async () => {
  const { at } = await served();
  const type = 'text/plain; version=0.0.4; charset=utf-8';
  expect(await ask(at.port)).toEqual({ status: 200, type, body: TEXT });
  expect(await ask(at.port, { path: '/metrics?from=prometheus' })).toMatchObject({ status: 200 });
  expect(await ask(at.port, { headers: { host: `localhost:${at.port}` } })).toMatchObject({ status: 200 });
});

test.each<readonly [Asked, number, string]>([
  [{ path: '/' }, 404, 'there is /metrics only\n'],
  [{ path: '/metrics/x' }, 404, 'there is /metrics only\n'],
  [{ method: 'POST' }, 405, 'only GET is understood\n'],
  [{ headers: { host: 'evil.example:9477' } }, 421, 'ask by address, or by the name localhost\n'],
])('%o is refused', async (asked, status, body) => {
  const { at } = await served(() => Promise.reject(new Error('nobody may get here')));
  expect(await ask(at.port, asked)).toMatchObject({ status, body });
});

test('a port that another program has is told, and left to it', async () => {
  const other = createServer().listen(await freePort(), '127.0.0.1');
  await once(other, 'listening');
  const { port } = Object(other.address());
  const server = createMetricsServer(async () => TEXT);
  const refusal = { code: 'W_METRICS', subject: `127.0.0.1:${port}`, detail: 'another program listens there' };
  expect(await server.listen({ host: '127.0.0.1', port })).toEqual(refusal);
  other.close();
  await once(other, 'close');
  servers.push(server);
  expect(await server.listen({ host: '127.0.0.1', port })).toBeUndefined();
  expect(await ask(port)).toMatchObject({ status: 200 });
});

test('an address that this host does not have is told', async () => {
  const server = createMetricsServer(async () => TEXT);
  const refusal = await server.listen({ host: '192.0.2.1', port: 9477 });
  expect(refusal).toMatchObject({ code: 'W_METRICS', detail: expect.stringContaining('EADDRNOTAVAIL') });
});

test('it moves to another address, and off', async () => {
  const { server, at } = await served();
  const next = { host: '127.0.0.1', port: await freePort() };
  await server.listen(next);
  await expect(ask(at.port)).rejects.toThrow('ECONNREFUSED');
  expect(await ask(next.port)).toMatchObject({ body: TEXT });
  await server.listen('off');
  await expect(ask(next.port)).rejects.toThrow('ECONNREFUSED');
});

test('who asks nothing, or does not read, keeps nobody from asking; too many at once are sent away', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { at } = await served(() => promise);
  const silent = Array.from({ length: 300 }, () => connect(at.port, '127.0.0.1').on('error', () => {}));
  const [oldest] = silent;
  if (oldest && !oldest.closed) await once(oldest, 'close'); // it makes room
  const answers = Array.from({ length: 17 }, () => ask(at.port));
  const first = await Promise.race(answers);
  expect(first).toMatchObject({ status: 503, body: 'too many ask at once; ask again\n' });
  resolve(TEXT);
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(16);
  expect(await ask(at.port)).toMatchObject({ status: 200 });
  for (const socket of silent) socket.destroy();
});
