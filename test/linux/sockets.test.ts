import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Channel, Request } from '../../src/linux/channel.ts';
import { openSockets, removeSockets } from '../../src/linux/sockets.ts';
import type { Failed } from '../../src/ports/executor.ts';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'hostler-sockets-'));
});
afterEach(() => rmSync(run, { recursive: true }));

function channel(failed?: Failed) {
  const asked: Request[] = [];
  const line: Channel = {
    pid: 1,
    async request(...request) {
      asked.push(request);
      return failed && request[0] === 'door' ? { ok: false, failed } : { ok: true, value: { rows: [], words: [] } };
    },
    requests: async () => [],
    close: async () => {},
  };
  return { line, asked };
}

test("the hook's socket and the door are opened in the run folder, the door for a group that the host has", async () => {
  const { line, asked } = channel();
  expect(await openSockets(line, run)).toBeUndefined();
  expect(asked).toEqual([
    ['hook-socket', join(run, 'hook.sock')],
    ['door', join(run, 'control.sock'), join(run, 'agent.sock'), expect.stringMatching(/^\d+$/)],
  ]);
});

test('what keeps one closed is told with the folder', async () => {
  const { line } = channel({ errno: 'EADDRINUSE', call: 'bind', subject: 'control.sock' });
  expect(await openSockets(line, run)).toEqual({
    code: 'E_RUN_FOLDER',
    subject: run,
    detail: 'bind EADDRINUSE control.sock',
  });
});

test('an executor that ended meanwhile tells so itself', async () => {
  const { line } = channel({ errno: 'EPIPE', call: 'executor', subject: '' });
  expect(await openSockets(line, run)).toBeUndefined();
});

test('of an agent that ended no socket is left, and nothing else is touched', () => {
  for (const name of ['control.sock', 'hook.sock', 'config.json']) writeFileSync(join(run, name), '');
  removeSockets(run);
  expect(['control.sock', 'agent.sock', 'hook.sock', 'config.json'].map((name) => existsSync(join(run, name)))).toEqual(
    [false, false, false, true],
  );
});
