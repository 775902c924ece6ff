import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { endProcess, inCgroup } from '../scenarios/in-cgroup.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { FREEZER_ROOT, LIFE_ROOTS, V2_ROOT } from './hierarchies.ts';
import { fixture } from './listening.ts';
import { startTime } from './start-time.ts';
import { TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot).each(LIFE_ROOTS)('what is told of who is in a guest in $where', ({ root }) => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  let named = '';
  const helpers: ChildProcess[] = [];
  const folder = (): string => `${root}${guest.cgroup}`;

  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ hierarchy: root });
    named = guest.named;
  });
  afterEach(async () => {
    for (const helper of helpers.splice(0)) {
      await executor.tell(`kill-guest ${named} ${statSync(folder()).dev}:${statSync(folder()).ino}`);
      await endProcess(helper);
    }
    await guest.stop();
    await executor.stop();
  });

  async function help(where: string, ...command: readonly string[]): Promise<number> {
    const child = inCgroup([where], ...command);
    helpers.push(child);
    await once(child.stdout ?? child, 'data');
    return child.pid ?? 0;
  }
  const rows = async (words = named): Promise<readonly (readonly string[])[]> =>
    (await executor.ask(`evidence ${words}`)).map((line) => line.split(' '));
  const rowOf = async (pid: number): Promise<readonly string[] | undefined> =>
    (await rows()).find(([, one]) => one === `${pid}`);

  test('names each by pid, start, parent, state, name, what it waits in, and where it is', async () => {
    const below = `${folder()}/a%b`;
    mkdirSync(below);
    const pid = await help(below, 'sh', '-c', 'echo in && exec sleep 600');
    await eventually(async () =>
      expect(await rowOf(pid)).toEqual([
        'row',
        `${pid}`,
        `${startTime(pid)}`,
        `${process.pid}`,
        'S',
        'sleep',
        expect.stringMatching(/nanosleep/),
        expect.stringMatching(/^\d+$/),
        '/a%25b',
        '-',
      ]),
    );
    expect((await rowOf(guest.pid))?.[8]).toBe('/');
    expect((await rows()).at(-1)).toEqual(['ok', '3']); // with who made it
    for (const helper of helpers.splice(0)) await endProcess(helper);
    rmdirSync(below);
  });

  test.skipIf(root === V2_ROOT)('has the level of the hierarchy of units where it has none in this one', async () => {
    const units = await TestGuest.start({ hierarchy: root, controllers: ['systemd'] });
    const unit = units.file('systemd', 'nfs.service');
    mkdirSync(unit);
    const pid = await help(`${root}${units.cgroup}`, 'sh', '-c', 'echo in && exec sleep 600');
    writeFileSync(join(unit, 'cgroup.procs'), `${pid}`);
    const told = await rows(units.named);
    expect(told.find(([, one]) => one === `${pid}`)?.[8]).toBe('/nfs.service');
    expect(told.find(([, one]) => one === `${units.pid}`)?.[8]).toBe('/');
    for (const helper of helpers.splice(0)) await endProcess(helper);
    rmdirSync(unit);
    await units.stop();
  });

  test.each([[[]], [['thread']]])('begins with those who wait for the kernel itself: %j', async (words) => {
    await help(folder(), 'sh', '-c', 'echo in && exec sleep 600');
    const stuck = await help(folder(), fixture('stuck'), ...words);
    await eventually(async () => {
      const [first] = await rows();
      expect(first?.slice(0, 2)).toEqual(['row', `${stuck}`]);
      expect(first?.[4]).toBe('D');
      expect(first?.[5]).toBe('stuck');
    });
  });

  test.each([
    ['a path', 'exec stat "$0/file"'],
    ['a path from where it is', 'cd "$(dirname "$0")" && exec stat "$(basename "$0")/file"'],
  ])('names the mount that they wait for, by %s', async (_how, script) => {
    const point = mkdtempSync(join(tmpdir(), 'hostler hung-'));
    const server = spawn(fixture('fusehang'), [point], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout, 'data');
    try {
      const stuck = await help(folder(), 'sh', '-c', `echo in && ${script}`, point);
      // Who is killed before his question was taken is not stuck.
      const waits = () => [stuck, server.pid].map((pid) => readFileSync(`/proc/${pid}/wchan`, 'utf8'));
      await eventually(() => expect(waits()).toEqual(['request_wait_answer', 'fuse_dev_do_read']));
      process.kill(stuck, 'SIGKILL');
      await eventually(async () =>
        expect((await rowOf(stuck))?.slice(4)).toMatchObject({
          0: 'D',
          5: `fuse%20fusehang%20${point.replace(' ', '%20')}`,
        }),
      );
    } finally {
      server.kill('SIGKILL');
      await once(server, 'exit');
      await eventually(() => execFileSync('umount', [point]));
      rmdirSync(point);
    }
  });

  test('has 256 rows at most, and says how many there are', async () => {
    await help(folder(), 'sh', '-c', 'for i in $(seq 300); do sleep 600 & done; echo in; wait');
    const all = await rows();
    expect(all.length).toBe(257);
    expect(Number(all.at(-1)?.[1])).toBeGreaterThan(260);
  });

  test('is told of those that init left behind, by the ID of the cgroup', async () => {
    const pid = await help(folder(), 'sh', '-c', 'echo in && exec sleep 600');
    const { dev, ino } = statSync(folder());
    guest.end();
    await eventually(async () => expect(await executor.tell(`evidence ${named}`)).toMatch(/^fail 3 guest/));
    await eventually(async () =>
      expect((await rows(`${named} ${dev}:${ino}`)).map(([, one]) => one)).toEqual([`${pid}`, '1']),
    );
    expect(await rows(`${named} ${dev}:${ino + 1}`)).toEqual([['ok', '0']]);
  });

  test.runIf(root === FREEZER_ROOT)('does not take who is frozen for stuck', async () => {
    writeFileSync(`${folder()}/freezer.state`, 'FROZEN');
    try {
      await eventually(async () => expect((await rowOf(guest.pid))?.[4]).toBe('F'));
    } finally {
      writeFileSync(`${folder()}/freezer.state`, 'THAWED');
    }
  });
});
