import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { takesConnections } from '../../src/linux/takes-connections.ts';

test('somebody takes a connection as long as a server listens there', async () => {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  expect(await takesConnections('127.0.0.1', port)).toBe(true);
  server.close();
  await once(server, 'close');
  expect(await takesConnections('127.0.0.1', port)).toBe(false);
});
