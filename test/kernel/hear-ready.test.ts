import { spawn } from 'node:child_process';
import { existsSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { BootedGuest } from './booted-guest.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { INITS, packagesOf, type RealInit } from './real-inits.ts';

const SEND = join(import.meta.dirname, '../../native/build/fixtures/send');
const PATH = 'dev/hostler-notify';

function initOf(wanted: string): RealInit {
  const found = INITS.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`no ${wanted}`);
  return found;
}

describe.skipIf(!isRoot)('a guest that says that it is ready is heard', () => {
  let executor: ExecutorClient;
  let guest: BootedGuest | undefined;

  beforeEach(() => {
    executor = new ExecutorClient();
  });
  afterEach(async () => {
    await guest?.stop();
    guest = undefined;
    await executor.stop();
  });

  const boot = async (name: string, skip: TestContext['skip']) => {
    const init = initOf(name);
    const { lack } = packagesOf(init);
    skip(lack !== undefined, lack);
    const booted = await BootedGuest.start(init);
    guest = booted;
    const inside = (path: string) => `/proc/${booted.pid}/root/${path}`;
    await eventually(async () => expect(await executor.tell(`reach ${booted.named} file /dev/console`)).toBe('ok yes'));
    return { named: booted.named, pid: booted.pid, cgroup: booted.cgroup, inside };
  };
  const say = async (path: string, words: string) => {
    const child = spawn(SEND, [path], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(words);
    expect(await text(child.stdout)).toBe('0\n');
  };

  test('when its systemd has booted, by itself', async ({ skip }) => {
    const { named } = await boot('systemd', skip);
    expect(await executor.tell(`hear-ready ${named} ${PATH} 150`)).toBe('ok');
  });

  test('by one line of many, which only its root may send', async ({ skip }) => {
    const { named, cgroup, inside } = await boot('plain', skip);
    const answer = executor.tell(`hear-ready ${named} ${PATH} 60`);
    let is = 'nothing yet';
    void answer.then((words) => (is = words));
    await eventually(() => expect(statSync(inside(PATH)).mode & 0o7777).toBe(0o600));
    // More than its queue takes; on a busy machine who says it may be faster than who reads.
    for (let i = 0; i < 40; i++) await eventually(() => say(inside(PATH), `STATUS=READY=1\nREADY=10\n${i}`));
    expect(is).toBe('nothing yet');
    expect(await executor.tell(`hear-ready ${named} ${PATH} 60`)).toBe(`fail 16 busy ${cgroup}`);
    await say(inside(PATH), 'STATUS=serves\nREADY=1\nMAINPID=7');
    expect(await answer).toBe('ok');
    expect(existsSync(inside(PATH))).toBe(false);
  });

  test('for so long as is said, and then anew', async ({ skip }) => {
    const { named, inside } = await boot('plain', skip);
    expect(await executor.tell(`hear-ready ${named} ${PATH} 1`)).toBe(`fail 110 hear-ready ${PATH}`);
    expect(existsSync(inside(PATH))).toBe(false);
    const answer = executor.tell(`hear-ready ${named} ${PATH} 60`);
    await eventually(() => say(inside(PATH), 'READY=1'));
    expect(await answer).toBe('ok');
  });

  test('until it ends', async ({ skip }) => {
    const { named, pid, inside } = await boot('plain', skip);
    const answer = executor.tell(`hear-ready ${named} ${PATH} 60`);
    await eventually(() => expect(existsSync(inside(PATH))).toBe(true));
    expect(await executor.tell(`halt ${named} signal 9`)).toBe('ok');
    expect(await answer).toBe(`fail 3 guest ${pid}`);
  });

  test('where nothing else has the name, and nowhere but in its own /dev', async ({ skip }) => {
    const { named, inside } = await boot('plain', skip);
    for (const make of [() => symlinkSync('null', inside(PATH)), () => writeFileSync(inside(PATH), 'mine')]) {
      make();
      expect(await executor.tell(`hear-ready ${named} ${PATH} 60`)).toBe(`fail 17 foreign ${PATH}`);
      expect(existsSync(inside(PATH))).toBe(true);
      rmSync(inside(PATH));
    }
    symlinkSync('/dev', inside('dev/away'));
    expect(await executor.tell(`hear-ready ${named} dev/away/x 60`)).toBe('fail 40 openat2 dev/away/x');
    expect(await executor.tell(`hear-ready ${named} run/x 60`)).toBe('fail 22 path run/x');
  });

  test('by another executor, where the first was killed', async ({ skip }) => {
    const { named, inside } = await boot('plain', skip);
    void executor.tell(`hear-ready ${named} ${PATH} 60`).catch(() => undefined);
    await eventually(() => expect(existsSync(inside(PATH))).toBe(true));
    const { ino } = statSync(inside(PATH));
    await executor.stop();
    executor = new ExecutorClient();
    const answer = executor.tell(`hear-ready ${named} ${PATH} 60`);
    await eventually(() => expect(statSync(inside(PATH)).ino).not.toBe(ino));
    await say(inside(PATH), 'READY=1');
    expect(await answer).toBe('ok');
  });
});
