import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Address } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';
import type { MetricsServer } from '../ports/metrics-server.ts';
import { Waiting } from './waiting.ts';

// Not imported: an import reads every export, and with them loads the whole of fetch and WebSocket, 12 MB and 40 ms.
const { createServer } = process.getBuiltinModule('node:http');

const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8';
const HEADER_BYTES = 8 * 1024;
/** Each holds an answer until it is read. */
const MOST_ANSWERS = 16;
const ANSWER_MS = 10_000;

/** Lets whoever reaches the address read `metrics`, and nothing be changed. One request a connection. */
export function createMetricsServer(metrics: () => Promise<string>): MetricsServer & { close(): Promise<void> } {
  let server: Server | undefined;
  let settled: Promise<unknown> = Promise.resolve();
  const move = async (at: Address | 'off') => {
    await close(server);
    server = undefined;
    if (at === 'off') return undefined;
    const next = serverOf(metrics);
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

function serverOf(metrics: () => Promise<string>): Server {
  const waiting = new Waiting();
  let answers = 0;
  const server = createServer({ maxHeaderSize: HEADER_BYTES, keepAlive: false }, async (request, response) => {
    waiting.done(request.socket);
    response.setHeader('connection', 'close');
    const refused = refusalOf(request) ?? (answers < MOST_ANSWERS ? undefined : 503);
    if (refused !== undefined) return send(response, refused, 'text/plain', `${REASONS[refused]}\n`);
    answers += 1;
    response.once('close', () => {
      answers -= 1;
    });
    const deadline = setTimeout(() => response.destroy(), ANSWER_MS);
    response.once('close', () => clearTimeout(deadline));
    send(response, 200, EXPOSITION, await metrics());
  });
  server.on('connection', (socket) => waiting.add(socket));
  server.on('error', () => {}); // where there are no descriptors left, the next one is taken when there are
  return server;
}

const REASONS = {
  404: 'there is /metrics only',
  405: 'only GET is understood',
  421: 'ask by address, or by the name localhost',
  503: 'too many ask at once; ask again',
} as const;

function refusalOf({ method, url, headers, socket }: IncomingMessage): keyof typeof REASONS | undefined {
  if (isLocal(socket.localAddress ?? '') && !isDirect(headers.host ?? '')) return 421;
  if (url?.split('?')[0] !== '/metrics') return 404;
  return method === 'GET' ? undefined : 405;
}

function isLocal(address: string): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address);
}

// A page of a stranger can let a browser on this host ask, under a name of its own that leads here.
function isDirect(host: string): boolean {
  return /^(localhost|[0-9.]+|\[[0-9a-f:.]+\])(:[0-9]+)?$/i.test(host);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(status, { 'content-type': type, 'content-length': body.length });
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
