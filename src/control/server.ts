import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { AgentControl, Caller } from '../ports/agent.ts';
import { readPreamble } from './preamble.ts';
import { sendReply } from './reply.ts';
import { answer } from './routes.ts';
import { Waiting } from './waiting.ts';

// Not imported: an import reads every export, and with them loads the whole of fetch and WebSocket, 12 MB and 40 ms.
const { createServer: createHttp } = process.getBuiltinModule('node:http');

const headerBytes = 8 * 1024;
const bodyBytes = 64 * 1024;

/**
 * Answers HTTP on the Unix socket `path` (mode 0600), which nobody but the executor's door connects to: every connection starts
 * with the door's line that says who calls. One request a connection. Rejects when the socket cannot be made.
 */
export async function serveControl(agent: AgentControl, path: string): Promise<{ close(): Promise<void> }> {
  const callers = new WeakMap<Socket, Caller>();
  const waiting = new Waiting();
  const sockets = new Set<Socket>();
  const http = createHttp({ maxHeaderSize: headerBytes, keepAlive: false }, (request, response) =>
    serve(agent, callers, waiting, request, response),
  );
  const entrance = createServer(async (socket) => {
    keep(sockets, socket);
    waiting.add(socket);
    const caller = await readPreamble(socket);
    if (!caller) return void socket.destroy();
    callers.set(socket, caller);
    http.emit('connection', socket);
  });
  await listen(entrance, path);
  return { close: () => close(entrance, sockets) };
}

async function serve(
  agent: AgentControl,
  callers: WeakMap<Socket, Caller>,
  waiting: Waiting,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const caller = callers.get(request.socket);
  if (!caller) return void request.destroy();
  response.setHeader('connection', 'close');
  const fits = await bodyFits(request);
  waiting.done(request.socket);
  if (!fits)
    return sendReply(response, { status: 413, refusal: { code: 'E_USAGE', subject: 'body', detail: 'too long' } });
  sendReply(response, await answer(agent, caller, request.method ?? '', request.url ?? ''));
}

/** No request needs a body; one that has one is read to its end or to the cap, and forgotten. */
async function bodyFits(request: IncomingMessage): Promise<boolean> {
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > bodyBytes) return false;
    }
  } catch {
    // The caller went away in the middle; nobody is left to read the answer.
    return false;
  }
  return true;
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  // A caller that vanishes is nobody's failure; `close` follows.
  socket.on('error', () => {});
}

async function listen(entrance: Server, path: string): Promise<void> {
  // What a killed agent left behind would be EADDRINUSE.
  await rm(path, { force: true });
  // bind() happens inside listen(): the socket has its mode from its first moment.
  const before = process.umask(0o177);
  try {
    entrance.listen(path);
  } finally {
    process.umask(before);
  }
  await once(entrance, 'listening');
}

async function close(entrance: Server, sockets: Iterable<Socket>): Promise<void> {
  const closed = once(entrance, 'close');
  entrance.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}
