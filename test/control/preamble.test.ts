import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readPreamble } from '../../src/control/preamble.ts';

test('a line that has come counts, however late it is read', async () => {
  const [door, socket] = await pair();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  await new Promise(setImmediate);
  // Nothing is read from here until all timers are over.
  const caller = readPreamble(socket);
  door.write('hostler-peer 0 0 7\n');
  vi.advanceTimersByTime(60_000);
  expect(await caller).toEqual({ uid: 0, pid: 7 });
});

async function pair(): Promise<readonly [Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[socket]] = await Promise.all([once(server, 'connection'), once(door, 'connect')]);
  server.close();
  onTestFinished(() => void [door, socket].map((end) => end.destroy()));
  return [door, socket];
}
