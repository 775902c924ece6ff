import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRoot } from './executor-client.ts';
import { HOOK, Listening } from './listening.ts';

describe.runIf(isRoot)('the hook', () => {
  let executor: Listening;
  let socket: string;
  let marker: string;

  beforeEach(async () => {
    executor = await Listening.start();
    mkdirSync(join(executor.folder, 'hooks'));
    socket = join(executor.folder, 'hooks/hook.sock');
    marker = join(executor.folder, 'hooks/nudge');
    expect(await executor.ask(`hook-socket ${socket}`)).toEqual(['ok']);
  });
  afterEach(() => executor.stop());

  const call = (words: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess =>
    executor.start(HOOK, words, { HOSTLER_HOOK_SOCKET: socket, ...environment });
  const codeOf = async (hook: ChildProcess): Promise<number> => {
    if (hook.exitCode === null) await once(hook, 'exit');
    return hook.exitCode ?? -1;
  };
  const asked = async (): Promise<{ readonly token: string; readonly words: readonly string[] }> => {
    const [, token = '', ...words] = (await executor.event(/^hook [1-9]\d* start /)).split(' ');
    return { token, words };
  };

  test('nudges one guest, or all', async () => {
    const one = call(['web1']);
    await executor.event(new RegExp(`^hook 0 nudge web1 0 ${one.pid} 0$`));
    expect(await codeOf(one)).toBe(0);
    const all = call([]);
    await executor.event(new RegExp(`^hook 0 nudge % 0 ${all.pid} 0$`));
    expect(await codeOf(all)).toBe(0);
  });

  test('what it is given reaches the agent as one encoded word', async () => {
    call(['a b\n%']);
    await executor.event(/^hook 0 nudge a%20b%0A%25 0 \d+ 0$/);
  });

  test('without an agent it ends well and leaves a marker', async () => {
    const folder = join(executor.folder, 'nobody');
    mkdirSync(folder);
    expect(await codeOf(call(['web1'], { HOSTLER_HOOK_SOCKET: join(folder, 'hook.sock') }))).toBe(0);
    expect(existsSync(join(folder, 'nudge'))).toBe(true);
    expect(await codeOf(call(['web1'], { HOSTLER_HOOK_SOCKET: '/nonexistent/hook.sock' }))).toBe(0);
  });

  test('as a program of udev it does not let the environment choose the socket', async () => {
    expect(await codeOf(call(['web1'], { DEVPATH: '/devices/virtual/mem/null' }))).toBe(0);
    await executor.settled();
    expect(executor.events).toEqual([]);
  });

  test('more than the queue holds: nobody waits, and the agent looks at every guest', async () => {
    process.kill(executor.pid, 'SIGSTOP');
    const script = 'i=0; while [ $i -lt 700 ]; do "$0" web1 || echo failed; i=$((i + 1)); done';
    const output = execFileSync('sh', ['-c', script, HOOK], { encoding: 'utf8', env: { HOSTLER_HOOK_SOCKET: socket } });
    expect(output).toBe('');
    expect(existsSync(marker)).toBe(true);
    process.kill(executor.pid, 'SIGCONT');
    await executor.event(/^hook 0 nudge % 0 0 0$/);
    expect(existsSync(marker)).toBe(false);
  });

  test('another user is not heard', async () => {
    execFileSync('chmod', ['-R', 'a+rwx', executor.folder]);
    const hook = spawn(HOOK, ['web1'], { uid: 65534, env: { HOSTLER_HOOK_SOCKET: socket } });
    expect(await codeOf(hook)).toBe(0);
    await expect.poll(() => executor.counter('hook-refused')).toBe(1);
    expect(executor.events).toEqual([]);
  });

  test('nobody in another PID namespace may ask for a start', async () => {
    const words = ['-p', '-f', HOOK, '--start', 'web1'];
    const hook = spawn('unshare', words, { env: { ...process.env, HOSTLER_HOOK_SOCKET: socket } });
    const ended = once(hook, 'exit'); // by itself, when it has waited long enough
    await expect.poll(() => executor.counter('hook-refused')).toBe(1);
    expect(executor.events).toEqual([]);
    hook.kill('SIGKILL');
    await ended;
  });

  test('a start goes on when the agent says so', async () => {
    const hook = call(['--start', 'web1'], { LXC_PID: '4711' });
    const { token, words } = await asked();
    expect(words).toEqual(['start', 'web1', '0', String(hook.pid), '4711']);
    expect(await executor.ask(`hook-answer ${token} go 0`)).toEqual(['ok']);
    expect(await codeOf(hook)).toBe(0);
    expect(await executor.ask(`hook-answer ${token} go 0`)).toEqual([`fail 3 hook ${token}`]);
  });

  test('an answer meant for a former executor fits nobody', async () => {
    const tokens: number[] = [];
    for (const guest of ['before', 'after']) {
      const next = await Listening.start();
      const path = join(next.folder, 'hook.sock');
      await next.ask(`hook-socket ${path}`);
      const hook = next.start(HOOK, ['--start', guest], { HOSTLER_HOOK_SOCKET: path });
      const [, token = ''] = (await next.event(/ start /)).split(' ');
      tokens.push(Number(token));
      await next.ask(`hook-answer ${token} go 0`);
      expect(await codeOf(hook)).toBe(0);
      await next.stop();
    }
    expect(tokens[1]).toBeGreaterThan(tokens[0] ?? 0);
  });

  test('a start that is refused fails', async () => {
    const hook = call(['--start', 'web1']);
    const { token } = await asked();
    await executor.ask(`hook-answer ${token} refuse 0`);
    expect(await codeOf(hook)).toBe(1);
  });

  test.each([
    ['as LXC calls it', ['web1', 'lxc', 'start-host'], {}],
    ['as LXC calls it with hook version 1', [], { LXC_HOOK_TYPE: 'start-host', LXC_NAME: 'web1' }],
  ])('a start %s is recognised', async (_, words, environment) => {
    const hook = call(words, { ...environment, LXC_PID: '4711' });
    const { token, words: told } = await asked();
    expect(told[1]).toBe('web1');
    await executor.ask(`hook-answer ${token} go 0`);
    expect(await codeOf(hook)).toBe(0);
  });

  test('an agent that says nothing holds a start for 5 s, one that says wait for as long as it says', async () => {
    const started = performance.now();
    const silent = call(['--start', 'silent']);
    const waits = call(['--start', 'waits']);
    await executor.event(/ start silent /);
    const [, token] = (await executor.event(/ start waits /)).split(' ');
    expect(await executor.ask(`hook-answer ${token} wait 2`)).toEqual(['ok']);
    const first = await Promise.race([silent, waits].map((hook) => once(hook, 'exit').then(() => hook)));
    expect(first).toBe(silent);
    expect(await codeOf(silent)).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(4900);
    expect(await codeOf(waits)).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(6900);
  });

  test.each(['0 go 0', '1 maybe 0', '1 wait -1', '1 wait 9999999'])('hook-answer %s is malformed', async (words) => {
    expect(await executor.ask(`hook-answer ${words}`)).toEqual(['fail 22 protocol hook-answer']);
  });
});
