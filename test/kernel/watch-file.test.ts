import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cpuNs } from '../../bench/process.ts';
import { isRoot } from './executor-client.ts';
import { Listening } from './listening.ts';

const PIDS = '/sys/fs/cgroup/pids';
const V2 = '/sys/fs/cgroup/unified';
const NAME = `hostler-test-watched-${process.pid}`;
const GONE = 0x8000;
const MODIFIED = 0x2;
const CROWDED = ['pids.max', 'cgroup.procs', 'notify_on_release', 'tasks'];

const own = `${PIDS}/${NAME}`;
const file = `${own}/pids.max`;
// Once: to cut it first, as with any other file, would be told as well.
const write = (value: string): void => writeFileSync(file, value, { flag: 'r+' });

describe.runIf(isRoot)('a control file', () => {
  let executor: Listening;
  const made: string[] = [];
  const make = (folder: string): void => {
    mkdirSync(folder);
    made.push(folder);
  };
  const remove = (folder: string): void => {
    rmdirSync(folder);
    made.splice(made.indexOf(folder), 1);
  };
  const told = (id: string): readonly number[] =>
    executor.events.flatMap((line) => {
      const mask = new RegExp(`^changed-host ${id} ([0-9a-f]+) %$`).exec(line)?.[1];
      return mask === undefined ? [] : [Number.parseInt(mask, 16)];
    });
  /** Each file is watched as often as somebody asked for it, and nothing else is. */
  const watchedByKernel = (): number =>
    readdirSync(`/proc/${executor.pid}/fdinfo`)
      .map((fd) => readFileSync(`/proc/${executor.pid}/fdinfo/${fd}`, 'utf8'))
      .join('')
      .match(/^inotify wd:/gm)?.length ?? 0;

  beforeEach(async () => {
    executor = await Listening.start();
    make(own);
    expect(await executor.ask(`watch-file web ${file}`)).toEqual(['ok']);
  });
  afterEach(async () => {
    for (const folder of [...made].reverse()) remove(folder);
    await executor.stop();
  });

  test('is told when somebody writes it', async () => {
    write('7');
    await expect.poll(() => told('web')).toEqual([MODIFIED]);
    write('8');
    await expect.poll(() => told('web')).toEqual([MODIFIED, MODIFIED]);
    readFileSync(file);
    await executor.settled();
    expect(executor.events.length).toBe(2);
  });

  test('is told when the kernel changes it', async () => {
    make(`${V2}/${NAME}`);
    expect(await executor.ask(`watch-file events ${V2}/${NAME}/cgroup.events`)).toEqual(['ok']);
    const inside = executor.start('sh', ['-c', `echo $$ > ${V2}/${NAME}/cgroup.procs && read line`]);
    await expect.poll(() => told('events')).toContain(MODIFIED);
    const before = told('events').length;
    inside.stdin?.end('\n');
    await expect.poll(() => told('events').length).toBeGreaterThan(before);
  });

  test('is told once when it goes with its cgroup, and is forgotten', async () => {
    remove(own);
    await expect.poll(() => told('web')).toEqual([GONE]);
    make(own);
    write('7');
    await executor.settled();
    expect(executor.events.length).toBe(1);
    expect(watchedByKernel()).toBe(0);
  });

  test('is another one in a cgroup that is made again, and is watched when asked', async () => {
    for (let round = 1; round <= 5; round += 1) {
      remove(own);
      make(own);
      expect(await executor.ask(`watch-file web ${file}`)).toEqual(['ok']);
      const from = told('web').length;
      write('7');
      await expect.poll(() => told('web').slice(from).at(-1)).toBe(MODIFIED);
    }
    await executor.settled();
    write('8');
    await expect.poll(() => told('web').at(-1)).toBe(MODIFIED);
    expect(watchedByKernel()).toBe(2);
  });

  test('does not go with another cgroup', async () => {
    make(`${PIDS}/${NAME}-2`);
    make(`${own}/below`);
    remove(`${own}/below`);
    remove(`${PIDS}/${NAME}-2`);
    await executor.settled();
    expect(executor.events).toEqual([]);
  });

  test('that two words stand for is told to both, until one is let go', async () => {
    await executor.ask(`watch-file again ${file}`);
    write('7');
    await expect.poll(() => [told('web'), told('again')]).toEqual([[MODIFIED], [MODIFIED]]);
    await executor.ask('unwatch-host web');
    write('8');
    await expect.poll(() => told('again')).toEqual([MODIFIED, MODIFIED]);
    remove(own);
    await expect.poll(() => told('again')).toEqual([MODIFIED, MODIFIED, GONE]);
    expect(told('web')).toEqual([MODIFIED]);
    expect(watchedByKernel()).toBe(0);
  });

  test('is replaced by another one under the same word', async () => {
    await executor.ask(`watch-file web ${own}/cgroup.procs`);
    write('7');
    await executor.settled();
    expect(executor.events).toEqual([]);
    expect(watchedByKernel()).toBe(2);
  });

  test('leaves what is told of the folder above as it was, and the other way round', async () => {
    await executor.ask(`watch-host above ${PIDS}`);
    await executor.ask('unwatch-host web');
    make(`${PIDS}/${NAME}-2`);
    await executor.event(new RegExp(`^changed-host above [0-9a-f]+ ${NAME}-2$`));
    await executor.ask(`watch-file web ${file}`);
    await executor.ask('unwatch-host above');
    remove(own);
    await expect.poll(() => told('web')).toEqual([GONE]);
  });

  test('that a guest writes in a loop costs at most three lines every 10 ms', async () => {
    await executor.ask(`watch-file procs ${own}/cgroup.clone_children`);
    const from = Date.now();
    for (let times = 0; times < 3000; times += 1) {
      write('7');
      writeFileSync(`${own}/cgroup.clone_children`, '0');
    }
    const took = Date.now() - from;
    await executor.settled();
    expect(executor.events.length).toBeGreaterThan(1);
    expect(executor.events.length).toBeLessThan((2 * 3 * took) / 10 + 20);
  });

  test('is told and let go as quickly among thousands of others', async () => {
    const crowds = Array.from({ length: 8 }, (_, crowd) => Array.from({ length: 250 }, (__, at) => `c${crowd}-${at}`));
    const costs: number[] = [];
    for (const crowd of crowds) costs.push(await costOf(crowd));
    expect(watchedByKernel()).toBeGreaterThan(crowds.flat().length * CROWDED.length);
    expect(Math.min(...costs.slice(-3))).toBeLessThan(3 * Math.min(...costs));
    await askEach(crowds.flat().flatMap((name) => CROWDED.map((file) => `unwatch-host ${name}/${file}`)));
    expect(watchedByKernel()).toBe(2);
  });

  /** What it costs the executor to watch these too, nanoseconds, and to tell of a change of each. */
  async function costOf(crowd: readonly string[]): Promise<number> {
    for (const name of crowd) make(`${own}/${name}`);
    const before = cpuNs(executor.pid);
    await askEach(crowd.flatMap((name) => CROWDED.map((one) => `watch-file ${name}/${one} ${own}/${name}/${one}`)));
    for (const name of crowd) writeFileSync(`${own}/${name}/pids.max`, '7', { flag: 'r+' });
    await expect.poll(() => told(`${crowd.at(-1)}/pids.max`)).toContain(MODIFIED);
    return cpuNs(executor.pid) - before;
  }

  async function askEach(requests: readonly string[]): Promise<void> {
    for (let at = 0; at < requests.length; at += 100)
      expect(new Set(await executor.performEach(requests.slice(at, at + 100)))).toEqual(new Set(['ok']));
  }

  test.each([
    ['/etc/passwd', 'fail 1 cgroup /etc/passwd'],
    [`${PIDS}x/pids.max`, `fail 1 cgroup ${PIDS}x/pids.max`],
    [`${PIDS}/../../../../etc/passwd`, `fail 22 path ${PIDS.slice(1)}/../../../../etc/passwd`],
    [`${PIDS}//cgroup.procs`, `fail 22 path ${PIDS.slice(1)}//cgroup.procs`],
    [PIDS, `fail 1 cgroup ${PIDS}`],
    [own, `fail 22 path ${own}`],
    [`${PIDS}/nobody/pids.max`, `fail 2 lstat ${PIDS}/nobody/pids.max`],
    ['pids.max', 'fail 22 protocol watch-file'],
    [`/${'a'.repeat(4095)}`, 'fail 22 protocol watch-file'],
  ])('is not %s', async (path, answer) => {
    expect(await executor.ask(`watch-file web ${path}`)).toEqual([answer]);
    expect(await executor.ask(`watch-file ${'w'.repeat(320)} ${file}`)).toEqual(['fail 22 protocol watch-file']);
    // A guest's name may have 255 bytes, and a file's not many less.
    expect(await executor.ask(`watch-file ${'w'.repeat(319)} ${file}`)).toEqual(['ok']);
    write('7');
    await expect.poll(() => told('web')).toEqual([MODIFIED]);
  });
});
