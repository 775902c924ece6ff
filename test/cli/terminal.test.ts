import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { AgentControl } from '../../src/ports/agent.ts';
import { scan1, scanner, started, tellingAgent } from '../control/agent-value.ts';
import { serveBehindDoor } from '../control/front-door.ts';
import { command, ended, hostler, onTerminal, shell, start } from './hostler.ts';
import { askAgent, served } from './served.ts';

const hostile = 'a\nb\x1b]0;owned\x07\x1b[31m\x9b2J\u202eevil\u2028\x7f';

test('what hardware and guests wrote acts on no terminal: it is shown escaped', async () => {
  const replaced: Partial<AgentControl> = {
    devices: () => [{ ...scanner, node: hostile, subsystem: hostile, sysname: hostile }],
    events: () => [{ ...started, says: hostile }],
    list: async () => [{ ...scan1, name: hostile }],
  };
  for (const args of [['devices'], ['events'], ['list'], ['devices', '--json'], ['events', '--json']]) {
    const { out } = await askAgent(args, replaced);
    expect(out, args.join(' ')).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
  }
  expect((await askAgent(['list', '--no-legend'], replaced)).out).toContain(
    'a\\x0ab\\x1b]0;owned\\x07\\x1b[31m\\u{9b}2J\\u{202e}evil\\u{2028}\\x7f',
  );
  expect(JSON.parse((await askAgent(['devices', '--json'], replaced)).out)[0].node).toBe(hostile);
});

test('a hostile argument is shown escaped too', async () => {
  expect((await hostler(['\x1b[31mred'])).err).toContain('E_USAGE \\x1b[31mred:');
});

test('a terminal gets colours; NO_COLOR, --no-color, TERM=dumb and a pipe do not', async () => {
  const socket = await served();
  const line = `list --socket ${socket}`;
  expect(await onTerminal(line, { NO_COLOR: '' })).toContain('\x1b[32mrunning\x1b[0m');
  for (const plain of [
    await onTerminal(line, { NO_COLOR: '1' }),
    await onTerminal(`${line} --no-color`, { NO_COLOR: '' }),
    await onTerminal(line, { NO_COLOR: '', TERM: 'dumb' }),
    (await hostler(line.split(' '), { NO_COLOR: '' })).out,
  ]) {
    expect(plain).toContain('scan1  running   1');
    expect(plain).not.toContain('\x1b');
  }
});

test('columns stay aligned with colours', async () => {
  const socket = await served();
  const coloured = await onTerminal(`list --socket ${socket}`, { NO_COLOR: '' });
  const plain = await onTerminal(`list --no-color --socket ${socket}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one.
  expect(coloured.replaceAll(/\x1b\[\d+m/g, '')).toBe(plain);
});

test('a reader that leaves ends the command quietly', async () => {
  const many = Array.from({ length: 20_000 }, (_, number) => ({ ...started, number, says: 'x'.repeat(100) }));
  const socket = await served({ events: () => many });
  const end = await shell('"$0" events --socket "$1" | head -1; "$0" help | true', socket);
  expect(end).toMatchObject({ code: 0, err: '' });
  expect(end.out.split('\n')).toHaveLength(2);
});

test('events --follow prints what comes until Ctrl-C, which ends it with 0', async () => {
  const { agent, tell } = tellingAgent();
  const socket = await served(agent);
  tell('before');
  const child = start(['events', '-f', '--json', '--socket', socket]);
  const end = ended(child);
  await heard(child, '"before"');
  tell('after');
  await heard(child, '"after"');
  child.kill('SIGINT');
  expect(await end).toMatchObject({ code: 0, err: '' });
});

test('events --follow ends with 5 when the agent ends', async () => {
  const { agent, tell } = tellingAgent();
  const agentServed = await serveBehindDoor(agent);
  tell('hello');
  const child = start(['events', '--follow', '--socket', agentServed.door]);
  const end = ended(child);
  await heard(child, 'hello');
  await agentServed.close();
  expect((await end).code).toBe(5);
});

test('help of the whole fits 80 columns', () => {
  const { stdout } = spawnSync(command, ['help'], { encoding: 'utf8' });
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

async function heard(child: ReturnType<typeof start>, text: string): Promise<void> {
  let all = '';
  while (!all.includes(text)) {
    const [chunk] = child.stdout ? await once(child.stdout, 'data') : [''];
    all += chunk;
  }
}
