import { afterEach, expect, test } from 'vitest';
import { startExecutor } from '../../src/linux/channel.ts';
import type { Answer } from '../../src/ports/executor.ts';
import { eventually } from '../scenarios/eventually.ts';
import { type ScriptedExecutor, scriptedExecutor } from './scripted-executor.ts';

const scripts: ScriptedExecutor[] = [];
afterEach(() => {
  for (const script of scripts.splice(0)) script.remove();
});

const GONE = { ok: false, failed: { errno: 'EPIPE', call: 'executor', subject: '' } };

/** A real child that runs a script. */
function executor(...lines: readonly string[]) {
  const script = scriptedExecutor(...lines);
  scripts.push(script);
  const events: string[] = [];
  const ended = Promise.withResolvers<string>();
  const channel = startExecutor(script.program, script.folder, {
    event: (kind, words) => events.push([kind, ...words].join('|')),
    ended: (reason) => ended.resolve(reason),
  });
  return { channel, events, ended: ended.promise };
}

function outcome(answer: Answer<unknown>): string {
  return answer.ok ? 'ok' : `${answer.failed.errno} ${answer.failed.call} ${answer.failed.subject}`;
}

test('a request is answered with its rows and words, percent signs read', async () => {
  const { channel } = executor(
    'read line <&3',
    'printf "0.1 row a%%20b %% c\\n0.1 row d\\n0.1 ok 2 %%25\\n" >&3',
    'read line <&3',
  );
  expect(await channel.request('observe', 'web1')).toEqual({
    ok: true,
    value: { rows: [['a b', '', 'c'], ['d']], words: ['2', '%'] },
  });
  await channel.close();
});

test('words are written so that no word can be two, and no line another', async () => {
  const { channel } = executor(
    'read -r line <&3',
    'printf "%s\\n" "0.1 row $(printf %s "$line" | sed s/%/%25/g)" "0.1 ok" >&3',
    'read x <&3',
  );
  const answer = await channel.request('observe', 'a b\n', '', 'ü%');
  expect(answer.ok && answer.value.rows[0]).toEqual(['0.1', 'observe', 'a%20b%0A', '%', '%C3%BC%25']);
  await channel.close();
});

test('answers find their requests in whatever order they come', async () => {
  const { channel } = executor(
    'read a <&3; read b <&3',
    'printf "0.2 ok second\\n0.1 fail 2 openat dev/x\\n" >&3',
    'read x <&3',
  );
  const answers = await Promise.all([channel.request('observe', 'web1'), channel.request('observe', 'web2')]);
  expect(answers.map(outcome)).toEqual(['ENOENT openat dev/x', 'ok']);
  await channel.close();
});

test('the steps of a plan are sent at once, numbered one after the other', async () => {
  const { channel } = executor(
    'read a <&3; read b <&3',
    'set -- $a $b; printf "%s ok\\n%s fail 125 plan 1.1\\n" "$1" "$5" >&3',
    'read x <&3',
  );
  const answers = await channel.requests([
    ['make-folder', 'web1', 'dev/a'],
    ['make-folder', 'web1', 'dev/b'],
  ]);
  expect(answers.map(outcome)).toEqual(['ok', 'ECANCELED plan 1.1']);
  await channel.close();
});

test('lines that make no sense, or answer nothing, harm nobody', async () => {
  const garbage = [
    '',
    ' ',
    'nonsense',
    '7.7 ok',
    '0.9 row',
    'event',
    'event of tomorrow %%zz',
    '\\377\\376 ok',
    '0.0 fail 22 protocol',
  ];
  const { channel, events } = executor(
    'read line <&3',
    `printf '${garbage.join('\\n')}\\n0.1 ok\\n' >&3`,
    'read x <&3',
  );
  expect(outcome(await channel.request('status'))).toBe('ok');
  expect(events).toEqual(['', expect.stringMatching(/^of\|tomorrow\|/)]);
  await channel.close();
});

test('a child that dies tells so, and whoever waits or asks later is told too', async () => {
  const { channel, ended } = executor('read line <&3', 'kill -9 $$');
  expect(await Promise.all([channel.request('a'), channel.request('b')])).toEqual([GONE, GONE]);
  expect(await ended).toBe('SIGKILL');
  expect(await channel.request('c')).toEqual(GONE);
});

test('a child that only ends its line is gone for whoever asks', async () => {
  const { channel, ended } = executor('exec 3>&-', 'sleep 0.2', 'exit 7');
  expect(await channel.request('a')).toEqual(GONE);
  expect(await ended).toBe('exit code 7');
});

test('a half line before the end is no answer', async () => {
  const { channel } = executor('read line <&3', 'printf "0.1 ok" >&3', 'exit 0');
  expect(await channel.request('a')).toEqual(GONE);
});

test('a program that is not there is an end with a reason', async () => {
  const ended = Promise.withResolvers<string>();
  startExecutor('/nowhere/executor', '/tmp', { event: () => {}, ended: (reason) => ended.resolve(reason) });
  expect(await ended.promise).toMatch(/ENOENT/);
});

test('events are told in order', async () => {
  const { channel, events } = executor('printf "event nudge web1\\nevent udevd up\\n" >&3', 'read line <&3');
  await eventually(() => expect(events).toEqual(['nudge|web1', 'udevd|up']));
  await channel.close();
});
