import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callExecutor } from '../../src/linux/channel.ts';
import { eventually } from '../scenarios/eventually.ts';

let folder: string;
let server: Server;
let callers: Socket[];
const path = () => join(folder, 'executor.sock');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-line-'));
  callers = [];
  server = createServer((socket) => callers.push(socket.on('error', () => {}))).listen(path());
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  for (const caller of callers) caller.destroy();
  rmSync(folder, { recursive: true });
});

/** A call of an executor, and how it ended. */
function call(at = path()) {
  const ended = Promise.withResolvers<string>();
  const events: string[] = [];
  const channel = callExecutor(at, { event: (kind) => events.push(kind), ended: (reason) => ended.resolve(reason) });
  return { channel, events, ended: ended.promise };
}
const answered = () => eventually(() => expect(callers).toHaveLength(1)).then(() => callers[0]);

test('requests and events go through the connection', async () => {
  const { channel, events } = call();
  const caller = await answered();
  caller?.on('data', () => caller.write('event udevd\n0.1 ok 7\n'));
  expect(await channel.request('status')).toMatchObject({ ok: true, value: { words: ['7'] } });
  expect(events).toEqual(['udevd']);
  expect(channel.pid).toBeUndefined();
});

test('a connection that ends is an executor that ended, with its requests', async () => {
  const { channel, ended } = call();
  const request = channel.request('status');
  (await answered())?.destroy();
  expect(await ended).toMatch(/^(it closed the connection|read ECONNRESET)$/); // by whether it had read everything
  expect(await request).toMatchObject({ ok: false, failed: { call: 'executor' } });
});

test('closing ends our side, and waits for the other', async () => {
  const { channel, ended } = call();
  const caller = await answered();
  caller?.on('end', () => caller.end());
  caller?.resume();
  await channel.close();
  expect(await ended).toBe('it closed the connection');
});

test('where nobody listens it has ended, with a reason', async () => {
  const { ended } = call(join(folder, 'nobody.sock'));
  expect(await ended).toMatch(/ENOENT/);
});
