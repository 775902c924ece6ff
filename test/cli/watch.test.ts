import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { limits } from '../control/agent-value.ts';
import { command, ended, start } from './hostler.ts';
import { askAgent, served } from './served.ts';

/** An agent in which web1 hits one more limit at each look. */
async function busy(): Promise<string> {
  let looks = 0;
  return served({
    limits: () => {
      looks += 1;
      return limits.map((view) => ({
        ...view,
        rows: view.rows.map((row) => (row.resource === 'oom' ? { ...row, hits: looks } : row)),
      }));
    },
  });
}

/** What it says until this was said; then Ctrl-C. */
async function watched(args: readonly string[], enough: RegExp) {
  const child = start([...args, '--socket', await busy()]);
  let out = '';
  let isEnough = false; // a second Ctrl-C would end it at once
  child.stdout?.on('data', (data) => {
    out += data;
    if (!isEnough && enough.test(out)) child.kill('SIGINT');
    isEnough = enough.test(out);
  });
  const end = ended(child);
  await once(child, 'close');
  return { ...(await end), out };
}

test('limits --watch prints table after table where nobody watches, with the hits since it began', async () => {
  const { code, out, err } = await watched(['limits', '--watch', '0.1', 'web1'], /oom .* 3 +2\n/);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).not.toContain('\x1b');
  const tables = out.split('\n\n');
  expect(tables[0]?.split('\n')[0]).toMatch(/HITS +NEW$/);
  expect(tables.slice(0, 3).map((table) => /oom.* (\d+) +(\d+)$/m.exec(table)?.slice(1))).toEqual([
    ['1', '0'],
    ['2', '1'],
    ['3', '2'],
  ]);
});

test('limits --watch --json prints one line a look', async () => {
  const { code, out } = await watched(['limits', '--json', '--watch', '0.1'], /\n.*\n/);
  expect(code).toBe(0);
  const [first = '', second = ''] = out.split('\n');
  expect(JSON.parse(first)).toHaveLength(2);
  expect(JSON.parse(second)).toHaveLength(2);
});

test('limits --watch ends with the agent', async () => {
  const limitsOnce = { limits: () => limits };
  expect((await askAgent(['limits', '--watch', '0.01'], limitsOnce)).code).toBe(2);
  const { code } = await ended(start(['limits', '--watch', '--socket', '/nonexistent']));
  expect(code).toBe(5);
});

test('limits --hits shows only what was hit or is near its limit', async () => {
  const { out } = await askAgent(['limits', '--hits']);
  expect(out.split('\n').map((line) => /rss|as|oom|processes|cpu/.exec(line)?.[0])).toEqual([
    undefined,
    'rss',
    'oom',
    'cpu',
    undefined,
  ]);
  const calm = { limits: () => limits.map((view) => ({ ...view, rows: [] })) };
  expect(await askAgent(['limits', '--hits', '--no-legend'], calm)).toEqual({
    code: 0,
    out: '',
    err: 'nothing was hit, and nothing is near its limit\n',
  });
});

test('on a terminal the table is drawn in the place of the last one, and Ctrl-C ends it with 0', async () => {
  const line = `echo "pid $$." && exec ${command} limits --watch 0.1 --socket ${await busy()}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = ended(child);
  let said = '';
  const screensOf = (out: string) => out.replaceAll('\x1b', '').split('[H').slice(1);
  child.stdout.on('data', (text: string) => {
    const isEnough = screensOf(said).length > 2; // a second Ctrl-C would end it at once
    said += text;
    if (!isEnough && screensOf(said).length > 2) process.kill(Number(/pid (\d+)\./.exec(said)?.[1]), 'SIGINT');
  });
  const { code, out } = await end;
  expect(code).toBe(0);
  const screens = screensOf(out);
  expect(screens.length).toBeGreaterThan(1);
  for (const screen of screens) expect(screen).toMatch(/^GUEST[^\n]*NEW\[K\r\n(.*\[K\r\n)+\[J/);
});
