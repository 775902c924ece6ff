import { existsSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { eventually } from '../scenarios/eventually.ts';

/** Makes the executor's namespace one of a host with systemd, which nobody plays yet. */
export const WITH_SYSTEMD = 'mount -t tmpfs none /run && mkdir -p /run/systemd/system';

/** What a call says, as far as a pretender needs it. */
export interface Call {
  readonly serial: number;
  readonly text: string;
  /** The strings that are worth a look: paths, letters, names. */
  readonly words: readonly string[];
}

/** Answers one call with bytes; undefined: says nothing. `cut`: ends the connection. */
export type Answerer = (call: Call, connection: number) => Buffer | 'cut' | undefined;

/** What systemd is not: a peer on its socket that says what the test wants. */
export class PretendedSystemd {
  readonly calls: Call[] = [];
  connections = 0;
  answer: Answerer = () => undefined;
  /** What is said to whoever connects. */
  greeting = 'OK 0123456789abcdef0123456789abcdef\r\n';
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private readonly path: string;
  private readonly folder: string;

  constructor(executor: { readonly pid: number }, socket = '/run/systemd/private') {
    this.folder = `/proc/${executor.pid}/root/run/systemd/system`;
    this.path = `/proc/${executor.pid}/root${socket}`;
  }

  async listen(): Promise<void> {
    const { folder } = this;
    await eventually(() => {
      if (!existsSync(folder)) throw new Error('the executor has not started');
    });
    this.server = createServer((socket) => this.take(socket));
    await new Promise<void>((resolve) => this.server?.listen(this.path, resolve));
  }

  /** To everybody who is connected. */
  say(bytes: Buffer): void {
    for (const socket of this.sockets) socket.write(bytes);
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.server?.close();
  }

  private take(socket: Socket): void {
    this.connections += 1;
    const connection = this.connections;
    this.sockets.add(socket);
    let greeted = false;
    let waiting = Buffer.alloc(0);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      waiting = Buffer.concat([waiting, data]);
      const end = waiting.indexOf('BEGIN\r\n');
      if (!greeted && end >= 0) {
        greeted = true;
        waiting = waiting.subarray(end + 7);
        socket.write(this.greeting);
      }
      for (let size = sizeOf(waiting); greeted && size > 0 && waiting.length >= size; size = sizeOf(waiting)) {
        this.call(socket, waiting.subarray(0, size), connection);
        waiting = waiting.subarray(size);
      }
    });
  }

  private call(socket: Socket, bytes: Buffer, connection: number): void {
    const text = bytes.toString('latin1');
    const call = { serial: bytes.readUInt32LE(8), text, words: text.match(/[A-Za-z0-9/:._@-]{2,}/g) ?? [] };
    this.calls.push(call);
    const answer = this.answer(call, connection);
    if (answer === 'cut') socket.destroy();
    else if (answer !== undefined) socket.write(answer);
  }
}

export function signal(member: string, value: boolean, iface = 'org.freedesktop.systemd1.Manager'): Buffer {
  const fields = [
    field(1, 'o', '/org/freedesktop/systemd1'),
    field(2, 's', iface),
    field(3, 's', member),
    field(8, 'g', 'b'),
  ];
  return message(4, fields, u32(value ? 1 : 0));
}

/** A signal that comes over a bus, which says who sent it. */
export function sent(sender: string, iface: string, member: string, value: boolean | readonly string[]): Buffer {
  const fields = [
    field(1, 'o', '/org/freedesktop'),
    field(2, 's', iface),
    field(3, 's', member),
    field(7, 's', sender),
    field(8, 'g', typeof value === 'boolean' ? 'b' : 's'.repeat(value.length)),
  ];
  if (typeof value === 'boolean') return message(4, fields, u32(value ? 1 : 0));
  const body = value.reduce((all, word) => Buffer.concat([aligned(all, 4), text(word)]), Buffer.alloc(0));
  return message(4, fields, body);
}

/** An answer that comes over a bus. */
export function answered(call: Call, sender: string): Buffer {
  return message(2, [replyTo(call), field(7, 's', sender)], Buffer.alloc(0));
}

/** A value of D-Bus type s, t or i. */
export type Value = string | bigint | number;

/** What systemd sends when properties of a unit have changed. */
export function changed(label: string, values: Readonly<Record<string, Value>>, kind = 'Unit'): Buffer {
  const fields = [
    field(1, 'o', `/org/freedesktop/systemd1/unit/${label}`),
    field(2, 's', 'org.freedesktop.DBus.Properties'),
    field(3, 's', 'PropertiesChanged'),
    field(8, 'g', 'sa{sv}as'),
  ];
  let entries = Buffer.alloc(0);
  for (const [key, value] of Object.entries(values)) {
    const type = Buffer.from(`\x01${typeof value === 'string' ? 's' : typeof value === 'bigint' ? 't' : 'i'}\0`);
    entries = Buffer.concat([aligned(entries, 8), text(key), type]);
    entries = Buffer.concat([aligned(entries, typeof value === 'bigint' ? 8 : 4), bytesOf(value)]);
  }
  const about = aligned(text(`org.freedesktop.systemd1.${kind}`), 4);
  const begun = aligned(Buffer.concat([about, u32(entries.length)]), 8);
  return message(4, fields, Buffer.concat([aligned(Buffer.concat([begun, entries]), 4), u32(0)]));
}

function bytesOf(value: Value): Buffer {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return u32(value);
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(value);
  return number;
}

function aligned(bytes: Buffer, boundary: number): Buffer {
  return Buffer.concat([bytes, pad(bytes.length, boundary)]);
}

/** The answer to a call: a variant of this signature. */
export function property(call: Call, signature: string, value: Buffer): Buffer {
  const prefix = Buffer.concat([Buffer.from([signature.length]), Buffer.from(`${signature}\0`)]);
  return message(2, [replyTo(call), field(8, 'g', 'v')], Buffer.concat([prefix, pad(prefix.length, 4), value]));
}

export function done(call: Call): Buffer {
  return message(2, [replyTo(call)], Buffer.alloc(0));
}

export function refused(call: Call, name: string): Buffer {
  return message(3, [replyTo(call), field(4, 's', name), field(8, 'g', 's')], text('no'));
}

/** An array of pairs of strings, as it stands behind the signature `a(ss)`. */
export function pairs(all: readonly (readonly [string, string])[]): Buffer {
  let body = Buffer.alloc(0);
  for (const pair of all) {
    body = Buffer.concat([body, pad(body.length, 8)]);
    for (const word of pair) body = Buffer.concat([body, pad(body.length, 4), text(word)]);
  }
  return Buffer.concat([u32(body.length), pad(4 + 8, 8), body]);
}

export function text(word: string): Buffer {
  return Buffer.concat([u32(Buffer.byteLength(word)), Buffer.from(`${word}\0`)]);
}

function message(type: number, fields: readonly Buffer[], body: Buffer): Buffer {
  let all = Buffer.alloc(0);
  for (const one of fields) all = Buffer.concat([all, pad(all.length, 8), one]);
  const head = Buffer.concat([Buffer.from([0x6c, type, 1, 1]), u32(body.length), u32(77), u32(all.length), all]);
  return Buffer.concat([head, pad(head.length, 8), body]);
}

function field(code: number, type: string, value: string): Buffer {
  const start = Buffer.from([code, 1, type.charCodeAt(0), 0]);
  if (type === 'g') return Buffer.concat([start, Buffer.from([value.length]), Buffer.from(`${value}\0`)]);
  return Buffer.concat([start, text(value)]);
}

function replyTo({ serial }: Call): Buffer {
  return Buffer.concat([Buffer.from([5, 1, 0x75, 0]), u32(serial)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function pad(length: number, boundary: number): Buffer {
  return Buffer.alloc((boundary - (length % boundary)) % boundary);
}

function sizeOf(bytes: Buffer): number {
  if (bytes.length < 16) return 0;
  return Math.ceil((16 + bytes.readUInt32LE(12)) / 8) * 8 + bytes.readUInt32LE(4);
}
