import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRoot } from './executor-client.ts';
import { Listening, until } from './listening.ts';
import { TestGuest } from './test-guest.ts';

const MODIFIED = 0x8;
const ATTRIB = 0x4;
const MOVED_TO = 0x80;
const CREATE = 0x100;
const DELETE = 0x200;
const DELETE_SELF = 0x400;
const MOUNTS_CHANGED = 0x10000;

describe.runIf(isRoot)('folders of the host', () => {
  let executor: Listening;
  let folder: string;

  beforeEach(async () => {
    executor = await Listening.start();
    folder = join(executor.folder, 'watched');
    mkdirSync(folder);
    expect(await executor.ask(`watch-host guests ${folder}`)).toEqual(['ok']);
  });
  afterEach(() => executor.stop());

  const masks = (name: string): number =>
    executor.events
      .flatMap((line) => new RegExp(`^changed-host guests ([0-9a-f]+) ${name}$`).exec(line)?.[1] ?? [])
      .reduce((sum, mask) => sum | Number.parseInt(mask, 16), 0);

  test('each name that changes is told with what was done to it', async () => {
    writeFileSync(join(folder, 'web1'), 'x');
    chmodSync(join(folder, 'web1'), 0o600);
    rmSync(join(folder, 'web1'));
    await until(() => masks('web1') & DELETE || undefined);
    expect(masks('web1') & (CREATE | MODIFIED | ATTRIB | DELETE)).toBe(CREATE | MODIFIED | ATTRIB | DELETE);
  });

  test('a name with spaces and newlines arrives encoded', async () => {
    writeFileSync(join(folder, 'a b\n%'), '');
    await executor.event(/^changed-host guests [0-9a-f]+ a%20b%0A%25$/);
  });

  test('nothing more is told when it is no longer watched', async () => {
    expect(await executor.ask('unwatch-host guests')).toEqual(['ok']);
    writeFileSync(join(folder, 'web1'), 'x');
    await executor.settled();
    expect(executor.events).toEqual([]);
  });

  test('the same word for another folder replaces the first', async () => {
    const other = join(executor.folder, 'other');
    mkdirSync(other);
    await executor.ask(`watch-host guests ${other}`);
    writeFileSync(join(folder, 'old'), 'x');
    writeFileSync(join(other, 'new'), 'x');
    await executor.event(/ new$/);
    expect(masks('old')).toBe(0);
  });

  test('two words for one folder both hear, and one may stop', async () => {
    await executor.ask(`watch-host again ${folder}`);
    await executor.ask('unwatch-host guests');
    writeFileSync(join(folder, 'web1'), 'x');
    await executor.event(/^changed-host again [0-9a-f]+ web1$/);
    expect(masks('web1')).toBe(0);
  });

  test('a folder that is watched once more is still watched', async () => {
    await executor.ask(`watch-host guests ${folder}`);
    writeFileSync(join(folder, 'web1'), 'x');
    await executor.event(/^changed-host guests [0-9a-f]+ web1$/);
  });

  test('a folder that is removed is told once and forgotten', async () => {
    rmdirSync(folder);
    await until(() => masks('%') & DELETE_SELF || undefined);
    const told = executor.events.length;
    mkdirSync(folder);
    writeFileSync(join(folder, 'web1'), 'x');
    await executor.settled();
    expect(executor.events.length).toBe(told);
  });

  test('a program is told of when it ends, or also when it begins', async () => {
    const about = (id: string) => executor.events.filter((event) => event.startsWith(`changed-host ${id} `));
    const children = ['program', 'runs'].map((id) => {
      copyFileSync('/bin/sleep', join(folder, id));
      return () => spawn(join(folder, id), ['60'], { stdio: 'ignore' });
    });
    for (const id of ['program', 'runs'])
      expect(await executor.ask(`watch-${id} ${id} ${join(folder, id)}`)).toEqual(['ok']);
    const running = children.map((start) => start());
    await executor.event(/^changed-host runs 20 %$/);
    await executor.settled();
    expect([about('program'), about('runs')]).toEqual([[], ['changed-host runs 20 %']]);
    for (const child of running) child.kill();
    await executor.event(/^changed-host runs 10 %$/);
    await executor.event(/^changed-host program 10 %$/);
  });

  test('a folder that is not there is refused', async () => {
    expect(await executor.ask('watch-host x /nonexistent')).toEqual(['fail 2 inotify_add_watch /nonexistent']);
    expect(await executor.ask('watch-host x relative')).toEqual(['fail 22 protocol watch-host']);
  });

  test('a queue that overflows says: look at everything', async () => {
    process.kill(executor.pid, 'SIGSTOP');
    execFileSync('sh', ['-c', `cd '${folder}' && seq 1 20000 | xargs touch`]);
    process.kill(executor.pid, 'SIGCONT');
    await executor.event(/^watch-overflow$/);
    const from = executor.events.length;
    writeFileSync(join(folder, 'after'), '');
    await executor.event(/ after$/, from);
  });
});

describe.runIf(isRoot)('folders of a guest', () => {
  let executor: Listening;
  let guest: TestGuest;

  beforeEach(async () => {
    executor = await Listening.start();
    guest = await TestGuest.start();
    expect((await executor.ask(guest.opening)).at(-1)).toMatch(/^ok /);
  });
  afterEach(async () => {
    await guest.stop();
    await executor.stop();
  });

  const inside = (path: string): string => `/proc/${guest.pid}/root/${path}`;
  const masks = (path: string): number =>
    executor.events
      .flatMap((line) => new RegExp(`^changed ${guest.name} ${path} ([0-9a-f]+)$`).exec(line)?.[1] ?? [])
      .reduce((sum, mask) => sum | Number.parseInt(mask, 16), 0);
  const heard = (path: string, mask: number) =>
    until(() => ((masks(path) & mask) === mask ? true : undefined)).then((found) => expect(found).toBe(true));

  test('a node that is made, changed, moved or removed inside is told', async () => {
    expect(await executor.ask(`watch ${guest.name} dev`)).toEqual(['ok 1']);
    writeFileSync(inside('dev/x'), '');
    await heard('dev', CREATE);
    chmodSync(inside('dev/x'), 0o640);
    await heard('dev', ATTRIB);
    execFileSync('mv', [inside('dev/x'), inside('dev/y')]);
    await heard('dev', MOVED_TO);
    rmSync(inside('dev/y'));
    await heard('dev', DELETE);
  });

  test('writing to what is there already is not told below dev, but is elsewhere', async () => {
    writeFileSync(inside('dev/x'), '');
    writeFileSync(inside('etc/passwd'), '');
    expect(await executor.ask(`watch ${guest.name} dev etc`)).toEqual(['ok 2']);
    writeFileSync(inside('dev/x'), 'a');
    writeFileSync(inside('etc/passwd'), 'a');
    await heard('etc', MODIFIED);
    expect(masks('dev')).toBe(0);
  });

  test('the set replaces the former one', async () => {
    mkdirSync(inside('dev/a'));
    mkdirSync(inside('dev/b'));
    await executor.ask(`watch ${guest.name} dev/a`);
    expect(await executor.ask(`watch ${guest.name} dev/b dev/absent`)).toEqual(['ok 1']);
    writeFileSync(inside('dev/a/x'), '');
    writeFileSync(inside('dev/b/x'), '');
    await heard('dev/b', CREATE);
    expect(masks('dev/a')).toBe(0);
  });

  const makeFolders = (count: number): string => {
    const paths = Array.from({ length: count }, (_, index) => `dev/${index}`);
    for (const path of paths) mkdirSync(inside(path));
    return paths.join(' ');
  };

  test('one guest with a thousand folders leaves another its own', async () => {
    const folders = makeFolders(1100);
    expect(await executor.ask(`watch ${guest.name} ${folders}`)).toEqual(['ok 1100']);
    const other = await TestGuest.start();
    await executor.ask(other.opening);
    expect(await executor.ask(`watch ${other.name} dev`)).toEqual(['ok 1']);
    writeFileSync(`/proc/${other.pid}/root/dev/x`, '');
    writeFileSync(inside('dev/1099/x'), '');
    await executor.event(new RegExp(`^changed ${other.name} dev `));
    await heard('dev/1099', CREATE);
    await other.stop();
  });

  test('more folders than can be watched are refused, and the kernel does not go on with what was', async () => {
    const folders = makeFolders(2000);
    const answers: (string | undefined)[] = [];
    for (let index = 0; index < 33; index += 1) {
      await executor.ask(guest.opening.replace(guest.name, `n${index}`));
      answers.push((await executor.ask(`watch n${index} ${folders}`)).at(-1));
    }
    expect(answers).toEqual([...Array(32).fill('ok 2000'), 'fail 28 watches n32']);
    const other = await TestGuest.start();
    await executor.ask(other.opening);
    await executor.ask('watch n32');
    for (const index of Array(1600).keys()) mkdirSync(`/proc/${other.pid}/root/dev/${index}`);
    expect((await executor.ask(`watch ${other.name} ${folders}`)).at(-1)).toBe(`fail 28 watches ${other.name}`);
    expect(watchedByKernel(executor.pid)).toBe(2000 + (65_536 - 32 * 2000));
    await other.stop();
  });

  test('a link in place of a folder is not followed', async () => {
    execFileSync('ln', ['-s', '/etc', inside('dev/bus')]);
    expect(await executor.ask(`watch ${guest.name} dev/bus`)).toEqual(['ok 0']);
  });

  test('a folder that is removed is told, and its new one is watched when asked', async () => {
    mkdirSync(inside('dev/bus'));
    await executor.ask(`watch ${guest.name} dev dev/bus`);
    rmdirSync(inside('dev/bus'));
    await heard('dev/bus', DELETE_SELF);
    mkdirSync(inside('dev/bus'));
    expect(await executor.ask(`watch ${guest.name} dev dev/bus`)).toEqual(['ok 2']);
    writeFileSync(inside('dev/bus/x'), '');
    await heard('dev/bus', CREATE);
  });

  test('nothing is told of a guest that was closed', async () => {
    await executor.ask(`watch ${guest.name} dev`);
    await executor.ask(`guest-close ${guest.name}`);
    const told = executor.events.length;
    writeFileSync(inside('dev/x'), '');
    await executor.settled();
    expect(executor.events.slice(told).filter((line) => line.startsWith('changed'))).toEqual([]);
  });

  test('what is mounted over its /dev, or over a node, and what is unmounted there is told of its /dev', async () => {
    writeFileSync(inside('dev/x'), '');
    await executor.ask(`watch ${guest.name} dev`);
    for (const command of ['bind /etc /dev', 'umount /dev', 'bind /dev/x /dev/x', 'umount /dev/x']) {
      const from = executor.events.length;
      expect(await guest.does(command)).toBe('ok');
      await executor.event(mountsOf(guest), from);
    }
  });

  test('of a mount nothing is told before its /dev is watched, nor after it was closed, and its namespace is let go', async () => {
    expect(await guest.does('bind /etc /tmp')).toBe('ok');
    await executor.settled();
    await executor.ask(`watch ${guest.name} dev`);
    await executor.ask(`guest-close ${guest.name}`);
    expect(await guest.does('umount /tmp')).toBe('ok');
    await executor.settled();
    expect(executor.events).toEqual([]);
    expect(openFiles(executor.pid).filter((file) => file.endsWith('/mountinfo'))).toEqual([]);
  });

  test('a guest that mounts in a loop is told at most once in 10 ms', async () => {
    await executor.ask(`watch ${guest.name} dev`);
    const from = Date.now();
    for (let times = 0; times < 300; times += 1) {
      await guest.does('bind /etc /tmp');
      await guest.does('umount /tmp');
    }
    const took = Date.now() - from;
    await executor.settled();
    const lines = executor.events.filter((line) => mountsOf(guest).test(line)).length;
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThan(took / 10 + 3);
  });

  test('a guest that touches its /dev in a loop costs at most three lines every 10 ms', async () => {
    for (const name of ['x', 'y']) writeFileSync(inside(`dev/${name}`), '');
    await executor.ask(`watch ${guest.name} dev`);
    const from = Date.now();
    const loop = "for (;;) for (const name of ['x', 'y']) require('node:fs').chmodSync(name, 0o600)";
    const toucher = spawn(process.execPath, ['-e', loop], { cwd: inside('dev') });
    const told = () => executor.events.filter((line) => line.startsWith('changed ')).length;
    await expect.poll(() => executor.counter('watch-events')).toBeGreaterThan(500);
    await expect.poll(told).toBeGreaterThan(20);
    toucher.kill('SIGKILL');
    await once(toucher, 'exit');
    expect(told()).toBeLessThan((3 * (Date.now() - from)) / 10 + 20);
  });
});

function mountsOf(guest: TestGuest): RegExp {
  return new RegExp(`^changed ${guest.name} dev ${MOUNTS_CHANGED.toString(16)}$`);
}

function openFiles(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((fd) => readlinkSync(join(folder, fd)));
}

function watchedByKernel(pid: number): number {
  const folder = `/proc/${pid}/fdinfo`;
  const descriptors = readdirSync(folder).map((fd) => readFileSync(join(folder, fd), 'utf8'));
  return descriptors.join('').match(/^inotify wd:/gm)?.length ?? 0;
}
