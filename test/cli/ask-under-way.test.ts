import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askUnderWay } from '../../src/cli/ask-under-way.ts';
import { answer } from '../../src/control/routes.ts';
import { agentValue } from '../control/agent-value.ts';

const GUESTS = [
  { name: 'none', state: 'stopped' },
  { name: 'runs', state: 'running', life: { crashes: 0 } },
  { name: 'waits', state: 'stopped', life: { doing: 'waiting' } },
  { name: 'held', state: 'stopped', life: { doing: 'held' } },
  { name: 'again', state: 'stopped', life: { doing: 'restarting' } },
  { name: 'crashed', state: 'stopped', life: { doing: 'quarantined' } },
  { name: 'halts', state: 'running', life: { doing: 'stopping' }, stop: { phase: 'drain' } },
  { name: 'stuck', state: 'running', stop: { phase: 'wedged' } },
];

test('an agent that does not know the question is asked for its guests', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-older-'));
  const socket = join(folder, 'control.sock');
  const caller = { uid: 0, pid: 1 };
  const reply = await answer(agentValue({}), caller, 'GET', '/v1/under-way-later');
  const refusal = 'refusal' in reply ? { ...reply.refusal, subject: '/v1/under-way' } : undefined;
  const server = createServer(({ url }, response) => {
    const isKnown = url === '/v1/guests';
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? GUESTS : refusal));
  }).listen(socket);
  await once(server, 'listening');
  try {
    const told = await askUnderWay({ socket });
    expect(told.ok && told.value.map(({ guest, start, stop }) => `${guest} ${start} ${stop}`)).toEqual([
      'none withdrawn stopped',
      'runs ready withdrawn',
      'waits waiting stopped',
      'held held stopped',
      'again waiting stopped',
      'crashed failed stopped',
      'halts withdrawn stopping',
      'stuck ready wedged',
    ]);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
