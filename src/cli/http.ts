import { connect, type Socket } from 'node:net';

// By hand and by HTTP/1.0, whose answer ends with the connection: loading node:http doubles the time a command takes.

export interface Asking {
  readonly socket: string;
  readonly method: 'GET' | 'POST';
  /** `/v1/devices?guest=web1` */
  readonly target: string;
  /** How long the agent may be silent; without it for ever. */
  readonly silentMs?: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Text as it comes. */
  readonly body: AsyncIterable<string>;
}

/** Rejects, as the body does, with the error of the connection; ETIMEDOUT when the agent is silent for too long. */
export async function askHttp(asking: Asking): Promise<Answer> {
  const socket = connect({ path: asking.socket, ...(asking.signal && { signal: asking.signal }) });
  socket.setEncoding('utf8');
  if (asking.silentMs !== undefined) socket.setTimeout(asking.silentMs, () => socket.destroy(failure('ETIMEDOUT')));
  socket.write(`${asking.method} ${asking.target} HTTP/1.0\r\nHost: hostler\r\n\r\n`);
  const chunks: AsyncIterator<string> = socket[Symbol.asyncIterator]();
  const { head, rest } = await readHead(chunks);
  return { status: Number(head.split(' ', 2)[1]), body: readBody(socket, chunks, rest, lengthOf(head)) };
}

async function readHead(chunks: AsyncIterator<string>): Promise<{ head: string; rest: string }> {
  let text = '';
  while (!text.includes('\r\n\r\n')) {
    const { value, done } = await chunks.next();
    if (done) throw failure('ECONNRESET');
    text += value;
  }
  const end = text.indexOf('\r\n\r\n');
  return { head: text.slice(0, end), rest: text.slice(end + 4) };
}

async function* readBody(socket: Socket, chunks: AsyncIterator<string>, rest: string, length: number | undefined) {
  let bytes = 0;
  try {
    for (let text: string | undefined = rest; text !== undefined; text = await next(chunks)) {
      bytes += Buffer.byteLength(text);
      yield text;
    }
  } finally {
    socket.destroy();
  }
  if (length !== undefined && bytes < length) throw failure('ECONNRESET');
}

async function next(chunks: AsyncIterator<string>): Promise<string | undefined> {
  const { value, done } = await chunks.next();
  return done ? undefined : value;
}

function lengthOf(head: string): number | undefined {
  const found = /\r\ncontent-length: *(\d+)/i.exec(head);
  return found ? Number(found[1]) : undefined;
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
