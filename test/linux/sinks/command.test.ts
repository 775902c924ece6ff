import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandSink } from '../../../src/linux/sinks/command.ts';
import { messageOf } from '../../contract/alert-message.ts';

const never = new AbortController().signal;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-command-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function shell(script: string, ...args: readonly string[]) {
  return commandSink(['/bin/sh', '-c', script, 'sh', ...args]);
}

test('has the message as JSON on its standard input, and its facts in the environment', async () => {
  const sent = await shell('cat > "$1/in"; env > "$1/env"', folder).send([messageOf()], never);
  expect(sent).toEqual({ ok: true });
  expect(JSON.parse(readFileSync(join(folder, 'in'), 'utf8'))).toEqual(messageOf());
  const environment = readFileSync(join(folder, 'env'), 'utf8').split('\n');
  expect(environment.filter((line) => line.startsWith('HOSTLER_')).sort()).toEqual([
    'HOSTLER_ALERT=HostlerLimit',
    'HOSTLER_GUEST=web1',
    'HOSTLER_INSTANCE=host1',
    'HOSTLER_RESOURCE=processes',
    'HOSTLER_SEVERITY=warning',
    'HOSTLER_STARTS_AT=2026-03-01T12:00:00.000Z',
    'HOSTLER_STATUS=firing',
    'HOSTLER_SUMMARY=web1: processes: 37 hits',
  ]);
});

test('no shell sees its words', async () => {
  const sink = shell('printf %s "$2" > "$1/word"', folder, '$(id) `id` ; id');
  expect(await sink.send([messageOf()], never)).toEqual({ ok: true });
  expect(readFileSync(join(folder, 'word'), 'utf8')).toBe('$(id) `id` ; id');
});

test.each([
  ['exit 3', 'ended with 3'],
  ['echo no paper >&2; exit 1', 'ended with 1: no paper'],
  ['kill -TERM $$', 'was ended by SIGTERM'],
  ['yes >&2', 'did not end in time and was killed'],
])('that fails is not thanked for: %s', async (script, reason) => {
  const signal = script.startsWith('yes') ? AbortSignal.timeout(200) : never;
  expect(await shell(script).send([messageOf()], signal)).toEqual({ ok: false, reason, isFinal: false });
});

test('that is not there', async () => {
  const sent = await commandSink([join(folder, 'absent')]).send([messageOf()], never);
  expect(sent).toMatchObject({ ok: false, reason: expect.stringContaining('ENOENT') });
});

test('that hangs is killed with all that it started', async () => {
  const patience = new AbortController();
  const sent = shell(`sleep 600 & ${TELL_PID}; wait`, folder).send([messageOf()], patience.signal);
  await expect.poll(() => existsSync(join(folder, 'pid'))).toBe(true);
  patience.abort();
  expect(await sent).toMatchObject({ ok: false });
  await expect.poll(() => isRunning(toldPid())).toBe(false);
});

test('that leaves something running, and does not read, has done its work', async () => {
  const sink = shell(`sleep 600 >/dev/null & ${TELL_PID}; exec true`, folder);
  await shell('exit 0').send([messageOf()], never);
  const before = openFiles();
  const left: number[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    expect(await sink.send([messageOf()], never)).toEqual({ ok: true });
    left.push(toldPid());
  }
  expect(left.map(isRunning)).toEqual(Array(10).fill(true));
  expect(openFiles() - before).toBeLessThan(5);
  for (const pid of left) process.kill(pid, 'SIGKILL');
});

/** Of what it began last; the file is there when the number is in it. */
const TELL_PID = 'echo $! > "$1/told"; mv "$1/told" "$1/pid"';

function toldPid(): number {
  return Number(readFileSync(join(folder, 'pid'), 'utf8'));
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
