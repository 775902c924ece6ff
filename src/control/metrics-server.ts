import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { Address } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';
import type { MetricsServer } from '../ports/metrics-server.ts';
import { Waiting } from './waiting.ts';

// Not imported: an import reads every export, and with them loads the whole of fetch and WebSocket, 12 MB and 40 ms.
const { createServer } = process.getBuiltinModule('node:http');

const HEADERS = {
  metrics: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
  page: {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  },
} as const;
const HEADER_BYTES = 8 * 1024;
/** Each holds an answer until it is read. */
const MOST_ANSWERS = 16;
const ANSWER_MS = 10_000;

/** What there is to read. */
export interface Readable {
  /** For Prometheus. */
  metrics(): Promise<string>;
  /** For people. */
  page(): Promise<string>;
}

/** Lets whoever reaches the address read, and nothing be changed. One request a connection. */
export function createMetricsServer(readable: Readable): MetricsServer & { close(): Promise<void> } {
  let server: Server | undefined;
  let settled: Promise<unknown> = Promise.resolve();
  const move = async (at: Address | 'off') => {
    await close(server);
    server = undefined;
    if (at === 'off') return undefined;
    const next = serverOf(readable);
    const failed = await listen(next, at);
    if (failed === undefined) server = next;
    return failed;
  };
  const listenTo = (at: Address | 'off') => {
    const moved = settled.then(() => move(at));
    settled = moved;
    return moved;
  };
  return {
    listen: listenTo,
    async close() {
      await listenTo('off');
    },
  };
}

function serverOf(readable: Readable): Server {
  const waiting = new Waiting();
  let answers = 0;
  const server = createServer({ maxHeaderSize: HEADER_BYTES, keepAlive: false }, async (request, response) => {
    waiting.done(request.socket);
    response.setHeader('connection', 'close');
    const kind = kindAt(request);
    const refused = refusalOf(request, kind) ?? (answers < MOST_ANSWERS ? undefined : 503);
    if (refused !== undefined || kind === undefined) return refuse(response, refused ?? 404);
    answers += 1;
    response.once('close', () => {
      answers -= 1;
    });
    const deadline = setTimeout(() => response.destroy(), ANSWER_MS);
    response.once('close', () => clearTimeout(deadline));
    send(response, 200, HEADERS[kind], await readable[kind]());
  });
  server.on('connection', (socket) => waiting.add(socket));
  server.on('error', () => {}); // where there are no descriptors left, the next one is taken when there are
  return server;
}

const REASONS = {
  404: 'there are / and /metrics only',
  405: 'only GET and HEAD are understood',
  421: 'ask by address, or by the name localhost',
  503: 'too many ask at once; ask again',
} as const;

type Refused = keyof typeof REASONS;

function kindAt({ url }: IncomingMessage): keyof Readable | undefined {
  const path = url?.split('?')[0];
  if (path === '/') return 'page';
  return path === '/metrics' ? 'metrics' : undefined;
}

function refusalOf(
  { method, headers, socket }: IncomingMessage,
  kind: keyof Readable | undefined,
): Refused | undefined {
  if (isLocal(socket.localAddress ?? '') && !isDirect(headers.host ?? '')) return 421;
  if (kind === undefined) return 404;
  return method === 'GET' || method === 'HEAD' ? undefined : 405;
}

function isLocal(address: string): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address);
}

// A page of a stranger can let a browser on this host ask, under a name of its own that leads here.
function isDirect(host: string): boolean {
  return /^(localhost|[0-9.]+|\[[0-9a-f:.]+\])(:[0-9]+)?$/i.test(host);
}

function refuse(response: ServerResponse, status: Refused): void {
  const allow = status === 405 ? { allow: 'GET, HEAD' } : {};
  send(response, status, { 'content-type': 'text/plain', ...allow }, `${REASONS[status]}\n`);
}

// To HEAD Node sends no body.
function send(response: ServerResponse, status: number, headers: OutgoingHttpHeaders, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}

async function listen(server: Server, { host, port }: Address): Promise<Refusal | undefined> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return { code: 'W_METRICS', subject: `${host}:${port}`, detail: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  return isTaken ? 'another program listens there' : String(error);
}

async function close(server: Server | undefined): Promise<void> {
  if (server === undefined) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
