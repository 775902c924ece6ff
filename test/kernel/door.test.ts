import { once } from 'node:events';
import { chmodSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRoot } from './executor-client.ts';
import { Listening } from './listening.ts';

const GROUP = 4242;

/** Sockets are reached through the executor's folder, which all mount namespaces share; callers are run in its namespaces. */
describe.runIf(isRoot)('the door', () => {
  let executor: Listening;
  let server: Server;
  let door: string;
  const arrived: Socket[] = [];

  beforeEach(async () => {
    executor = await Listening.start();
    chmodSync(executor.folder, 0o755);
    door = join(executor.folder, 'control.sock');
    const inner = join(executor.folder, 'inner.sock');
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      arrived.push(socket);
    });
    server.listen(inner);
    await once(server, 'listening');
    expect(await executor.ask(`door ${door} ${inner} ${GROUP}`)).toEqual(['ok']);
  });
  afterEach(async () => {
    for (const socket of arrived.splice(0)) socket.destroy();
    server.close();
    await executor.stop();
  });

  /** A caller in the executor's namespaces: says TEXT, ends its side, prints what comes. */
  const call = (text: string, how: readonly string[] = []): string =>
    executor.run('sh', ['-c', '"$@"', 'sh', ...how, process.execPath, '-e', CALLER, door, text]);
  const calling = (text: string) => executor.start(process.execPath, ['-e', CALLER, door, text]);
  const arrival = async (): Promise<Socket> => {
    const [socket] = arrived.length > 0 ? arrived : await once(server, 'connection');
    return socket;
  };

  test('belongs to root and the group', () => {
    const { mode, uid, gid } = statSync(door);
    expect([mode & 0o777, uid, gid]).toEqual([0o660, 0, GROUP]);
  });

  test('says who calls before the first byte, then passes both ways and both ends', async () => {
    server.on('connection', (socket) => socket.on('data', () => {}).on('end', () => socket.end('bye')));
    const caller = calling('hello');
    const socket = await arrival();
    const heard = await textOf(socket);
    const [line, rest] = heard.split('\n');
    expect(line).toMatch(/^hostler-peer 0 0 \d+$/);
    expect(rest).toBe('hello');
    expect(await textOf(caller.stdout)).toBe('bye');
  });

  test('passes a megabyte without loss, however slowly it is read', async () => {
    const megabyte = '0123456789abcde\n'.repeat(1 << 16);
    server.on('connection', (socket) => socket.on('data', () => {}).on('end', () => socket.end(megabyte)));
    const caller = calling('more');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const heard = await textOf(caller.stdout);
    expect(heard.length).toBe(megabyte.length);
    expect(heard === megabyte).toBe(true);
  });

  test.each(['-m', '-p', '-U'])('a caller from another namespace (unshare %s) is closed at once', async (flag) => {
    const how = ['unshare', flag, ...(flag === '-p' ? ['-f'] : []), ...(flag === '-U' ? ['-r'] : [])];
    expect(call('hello', how)).toBe('');
    expect(arrived).toEqual([]);
    expect(await executor.counter('door-refused')).toBe(1);
  });

  test('without an agent that listens the caller is closed', async () => {
    server.close();
    expect(call('hello')).toBe('');
  });

  test('at most 16 callers are let in', async () => {
    const callers = Array.from({ length: 17 }, () => calling('hold\n'));
    const ended = await Promise.race(callers.map((caller) => once(caller, 'exit').then(() => caller)));
    expect(await executor.counter('door-connections')).toBe(16);
    expect(ended.exitCode).toBe(0);
    for (const caller of callers) caller.kill();
  });

  test('a caller that does not say a whole line in 5 s is closed, one that has spoken may wait longer', async () => {
    const follower = calling('follow');
    const socket = await arrival();
    const started = performance.now();
    const silent = executor.start(process.execPath, ['-e', SILENT, door]);
    const closed = [silent, calling('hold')].map(async (caller) => {
      await once(caller, 'exit');
      return performance.now() - started;
    });
    for (const ms of await Promise.all(closed)) expect(ms).toBeGreaterThan(4500);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(follower.exitCode).toBeNull();
    socket.end('late');
    expect(await textOf(follower.stdout)).toBe('late');
  });

  test('a caller that stays when everything is said is closed', async () => {
    const caller = calling('stay\n');
    const socket = await arrival();
    const closed = once(socket.resume(), 'close');
    socket.end('bye');
    await closed;
    expect(caller.exitCode).toBeNull();
    caller.kill();
  });

  test('a caller that goes away in the middle is told to the agent', async () => {
    const caller = calling('x');
    const socket = await arrival();
    socket.on('data', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    caller.kill('SIGKILL');
    const flood = setInterval(() => socket.write('y'.repeat(65536)), 5);
    await closed;
    clearInterval(flood);
  });
});

const CALLER = `
  const [door, text] = process.argv.slice(1);
  const stays = text.startsWith('stay');
  const socket = require('node:net').connect({ path: door, allowHalfOpen: stays });
  socket.on('error', () => {});
  socket.pipe(process.stdout);
  if (text.startsWith('hold') || stays) socket.write(text); else socket.end(text);
  if (stays) setInterval(() => {}, 1000);
`;
const SILENT = `
  const socket = require('node:net').connect(process.argv[1]);
  socket.on('error', () => process.exit(0)).on('close', () => process.exit(0)).resume();
`;

async function textOf(stream: AsyncIterable<Buffer | string> | null): Promise<string> {
  const parts: string[] = [];
  for await (const part of stream ?? []) parts.push(part.toString());
  return parts.join('');
}
