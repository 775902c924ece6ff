import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createMetricsServer } from '../../src/control/metrics-server.ts';
import { freePort } from '../contract/real-server.ts';

const TEXT = 'hostler_ready 1\n';
const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const PAGE = '<!doctype html><p>ü</p>';
const readable = (metrics: () => Promise<string> = async () => TEXT) => ({ metrics, page: async () => PAGE });

async function served(metrics?: () => Promise<string>) {
  const server = createMetricsServer(readable(metrics));
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

interface Answered {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(port: number, { path = '/metrics', method = 'GET', headers: sent = {} }: Asked = {}) {
  return new Promise<Answered>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers: sent }, async (answer) => {
      let body = '';
      for await (const part of answer.setEncoding('utf8')) body += part;
      const { statusCode: status = 0, headers } = answer;
      resolve({ status, type: headers['content-type'], headers, body });
    });
    asked.on('error', reject).end();
  });
}

test('whoever asks gets the metrics, in the format that Prometheus knows', async () => {
  const { at } = await served();
  const type = 'text/plain; version=0.0.4; charset=utf-8';
  expect(await ask(at.port)).toMatchObject({ status: 200, type, body: TEXT });
  expect(await ask(at.port, { path: '/metrics?from=prometheus' })).toMatchObject({ status: 200 });
  expect(await ask(at.port, { headers: { host: `localhost:${at.port}` } })).toMatchObject({ status: 200 });
});

test('people get a page that nothing can be loaded into, and that nobody can put into another', async () => {
  const { at } = await served();
  const answer = await ask(at.port, { path: '/?x' });
  expect(answer).toMatchObject({ status: 200, type: 'text/html; charset=utf-8', body: PAGE });
  expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
  expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
});

test.each(['/', '/metrics'])('of %s HEAD tells what GET would, without it', async (path) => {
  const { at } = await served();
  const { date: _, ...headers } = (await ask(at.port, { path })).headers;
  const head = await ask(at.port, { path, method: 'HEAD' });
  expect(head).toMatchObject({ status: 200, body: '', headers });
  expect(Number(headers['content-length'])).toBe(Buffer.byteLength(path === '/' ? PAGE : TEXT));
});

test('what may be asked is told to whoever asks for more', async () => {
  const { at } = await served();
  expect((await ask(at.port, { method: 'PUT' })).headers.allow).toBe('GET, HEAD');
});

test.each<readonly [Asked, number, string]>([
  [{ path: '/index.html' }, 404, 'there are / and /metrics only\n'],
  [{ path: '//' }, 404, 'there are / and /metrics only\n'],
  [{ path: '/metrics/x' }, 404, 'there are / and /metrics only\n'],
  [{ path: '/x', method: 'POST' }, 404, 'there are / and /metrics only\n'],
  [{ path: '/x', method: 'HEAD' }, 404, ''],
  [{ method: 'POST' }, 405, 'only GET and HEAD are understood\n'],
  [{ path: '/', method: 'DELETE' }, 405, 'only GET and HEAD are understood\n'],
  [{ path: '/', headers: { host: 'evil.example:9477' } }, 421, 'ask by address, or by the name localhost\n'],
  [{ headers: { host: 'evil.example:9477' } }, 421, 'ask by address, or by the name localhost\n'],
])('%o is refused', async (asked, status, body) => {
  const { at } = await served(() => Promise.reject(new Error('nobody may get here')));
  expect(await ask(at.port, asked)).toMatchObject({ status, body });
});

test('a port that another program has is told, and left to it', async () => {
  const other = createServer().listen(await freePort(), '127.0.0.1');
  await once(other, 'listening');
  const { port } = Object(other.address());
  const server = createMetricsServer(readable());
  const refusal = { code: 'W_METRICS', subject: `127.0.0.1:${port}`, detail: 'another program listens there' };
  expect(await server.listen({ host: '127.0.0.1', port })).toEqual(refusal);
  other.close();
  await once(other, 'close');
  servers.push(server);
  expect(await server.listen({ host: '127.0.0.1', port })).toBeUndefined();
  expect(await ask(port)).toMatchObject({ status: 200 });
});

test('an address that this host does not have is told', async () => {
  const server = createMetricsServer(readable());
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
