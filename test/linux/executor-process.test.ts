import { afterEach, expect, test } from 'vitest';
import { executorProcess } from '../../src/linux/executor-process.ts';
import type { HostEvent } from '../../src/ports/host.ts';
import { eventually } from '../scenarios/eventually.ts';
import { type ScriptedExecutor, scriptedExecutor } from './scripted-executor.ts';

let script: ScriptedExecutor | undefined;
afterEach(() => script?.remove());

function start(...lines: readonly string[]) {
  script = scriptedExecutor(...lines);
  const events: HostEvent[] = [];
  const { program, folder } = script;
  return { events, executor: executorProcess({ program, runFolder: folder, onEvent: (event) => events.push(event) }) };
}

test('an executor that ends is told of; requests go to the one that is started in its place', async () => {
  const { events, executor } = start(
    'read line <&3',
    'case $line in *die*) exit 3;; esac',
    'echo 0.1 ok $$ >&3',
    'read x <&3',
  );
  const first = executor.pid;
  expect((await executor.request('die')).ok).toBe(false);
  await eventually(() => expect(events).toEqual([{ kind: 'executor-ended', reason: 'exit code 3' }]));
  executor.restart();
  expect(await executor.request('live')).toMatchObject({ ok: true, value: { words: [String(executor.pid)] } });
  expect(executor.pid).not.toBe(first);
  await executor.close();
});

test('an end that was asked for is no event, and events of other kinds than ours are none', async () => {
  const { events, executor } = start('printf "event of-tomorrow\\nevent udevd up\\n" >&3', 'read x <&3');
  await eventually(() => expect(events).toHaveLength(1));
  await executor.close();
  expect(events).toEqual([{ kind: 'udevd', running: true }]);
});
