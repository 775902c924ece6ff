import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { onTestHost } from '../scenarios/namespace.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { type Hearing, hearIn } from './hearing.ts';
import { type GuestWish, TestGuest } from './test-guest.ts';

const ZERO = 'c:1:5 K:DEVPATH=/devices/virtual/mem/zero K:SUBSYSTEM=mem K:MAJOR=1 K:MINOR=5 K:DEVNAME=inside/zero';
const UDEV = 'E:ID_SERIAL=A%20b S:front S:mem/first G:scanner Q:scanner I:4711';
const ENTRY = 'S:front\nS:mem/first\nI:4711\nE:ID_SERIAL=A b\nG:scanner\nQ:scanner\nV:1\n';

const kinds: readonly (readonly [string, GuestWish, readonly string[]])[] = [
  ['a guest with a user namespace', { users: [100_000, 65_536], net: true }, ['kernel', 'udev']],
  ['a privileged guest with a network of its own', { net: true }, ['udev']],
];

describe.skipIf(!isRoot).each(kinds)('%s', (_, wish, groups) => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  let hearing: Hearing;
  beforeAll(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start(wish);
    await executor.tell(guest.opening);
    hearing = await hearIn(guest.pid);
  });
  afterAll(async () => {
    await hearing.end();
    await executor.stop();
    await guest.stop();
  });

  const tell = (event: string, words: string): Promise<string> => executor.tell(`tell ${guest.name} ${event} ${words}`);
  const inside = (path: string): string => `/proc/${guest.pid}/root/${path}`;
  /** Whatever else happens on the host is heard too, where the kernel speaks. */
  const heardOf = () => hearing.heard.filter((line) => /\/mem\/(zero|gone)\t/.test(line));
  /** What is heard after `from` messages. */
  const heardFrom = (from: number): Promise<readonly string[]> =>
    eventually(() => {
      const heard = heardOf().slice(from);
      expect(heard.map((line) => line.split(' ')[0])).toEqual(groups);
      return heard;
    });

  test('has what a libudev looks for before it listens', async () => {
    expect(await executor.tell(`let-listen ${guest.name}`)).toBe('ok');
    expect(await executor.tell(`let-listen ${guest.name}`)).toBe('ok');
    expect(await guest.does('stat /run/udev/control')).toMatch(/^ok 10 0644 0 0 /);
    expect(await guest.does('stat /run/udev/data')).toMatch(/^ok 4 0755 0 0 /);
  });

  test('hears of a device from uid 0, after the entry in its database is there', async () => {
    expect(await tell('add', `${ZERO} ${UDEV}`)).toBe('ok');
    const heard = await heardFrom(0);
    for (const line of heard) expect(line).toMatch(/ uid 0 /);
    const udev = heard.at(-1)?.split('\t');
    expect(udev?.[0]).toMatch(/ port some magic feedcafe header 40 offset 40 length \d+ subsystem \w{8} devtype 0{8} /);
    expect(udev?.slice(1)).toEqual([
      'ACTION=add',
      'DEVPATH=/devices/virtual/mem/zero',
      'SUBSYSTEM=mem',
      'MAJOR=1',
      'MINOR=5',
      'DEVNAME=/dev/inside/zero',
      'ID_SERIAL=A b',
      'USEC_INITIALIZED=4711',
      expect.stringMatching(/^SEQNUM=[1-9]\d*$/),
      'DEVLINKS=/dev/front /dev/mem/first',
      'TAGS=:scanner:',
      'CURRENT_TAGS=:scanner:',
    ]);
    expect(readFileSync(inside('run/udev/data/c1:5'), 'utf8')).toBe(ENTRY);
    expect(await guest.does('stat /run/udev/data/c1:5')).toMatch(/^ok 10 0644 0 0 /);
    expect(readdirSync(inside('run/udev/data'))).toEqual(['c1:5']);
  });

  test('hears the kernel: by itself where that speaks to it, else through us', async () => {
    const from = heardOf().length;
    writeFileSync('/sys/devices/virtual/mem/zero/uevent', 'change');
    expect(await tell('change', `${ZERO} ${UDEV}`)).toBe('ok');
    const heard = await eventually(() => {
      expect(heardOf().length).toBe(from + 2);
      return heardOf()
        .slice(from)
        .map((line) => line.split('\t'));
    });
    expect(heard[0]?.[0]).toMatch(/^kernel .* port 0$/);
    expect(heard[0]?.slice(1)).toEqual([
      'change@/devices/virtual/mem/zero',
      'ACTION=change',
      'DEVPATH=/devices/virtual/mem/zero',
      'SUBSYSTEM=mem',
      ...(groups.includes('kernel') ? [] : ['SYNTH_UUID=0']),
      'MAJOR=1',
      'MINOR=5',
      groups.includes('kernel') ? 'DEVNAME=inside/zero' : 'DEVNAME=zero',
      ...(groups.includes('kernel') ? [] : ['DEVMODE=0666']),
      expect.stringMatching(/^SEQNUM=[1-9]\d*$/),
    ]);
    expect(heard[1]?.[0]).toMatch(/^udev /);
  });

  test('hears of a change, and of the end, which takes the entry along', async () => {
    const from = heardOf().length;
    expect(await tell('change', `${ZERO} E:ID_SERIAL=other`)).toBe('ok');
    expect((await heardFrom(from)).at(-1)).toContain('\tACTION=change\t');
    expect(readFileSync(inside('run/udev/data/c1:5'), 'utf8')).toBe('E:ID_SERIAL=other\nV:1\n');
    expect(await tell('remove', ZERO)).toBe('ok');
    expect((await heardFrom(from + groups.length)).at(-1)).toContain('\tACTION=remove\t');
    expect(readdirSync(inside('run/udev/data'))).toEqual([]);
    expect(existsSync(inside('run/udev/control'))).toBe(true);
    expect(await tell('remove', ZERO.replaceAll('zero', 'gone').replace('c:1:5', 'c:4000:7'))).toBe('ok');
    await heardFrom(from + 2 * groups.length);
  });

  test('does not make the host believe that it missed something', async () => {
    await executor.ask('uevents 1048576');
    const gaps = async (): Promise<number> =>
      Number((await executor.ask('status')).find((row) => row.startsWith('row uevents-gaps '))?.split(' ')[2]);
    const heard = (): number =>
      executor.events.filter((line) => /^uevent kernel change \d+ mem \S+full /.test(line)).length;
    const from = heardOf().length;
    let told = 0;
    const heardAgain = async (): Promise<void> => {
      const before = heard();
      writeFileSync('/sys/devices/virtual/mem/full/uevent', 'change');
      await eventually(() => expect(heard()).toBe(before + 1));
    };
    // Another network of this machine may use a number meanwhile, and one that goes does, but not each time.
    await eventually(async () => {
      await heardAgain();
      const before = await gaps();
      told += 1;
      expect(await tell('change', ZERO)).toBe('ok');
      await heardAgain();
      expect(await gaps()).toBe(before);
    });
    expect(await tell('remove', ZERO)).toBe('ok');
    await eventually(() => expect(heardOf().slice(from)).toHaveLength((told + 1) * groups.length));
  });

  test('hears of no device that the kernel does not have under that number', async () => {
    expect(await tell('add', ZERO.replace('c:1:5', 'c:4000:7'))).toBe('fail 19 sysfs c:4000:7');
    expect(await tell('add', ZERO.replace('mem/zero', 'mem/null'))).toBe('fail 19 sysfs /devices/virtual/mem/null');
    expect(await tell('add', ZERO.replace('mem/zero', 'mem/../zero'))).toBe('fail 22 protocol tell');
    for (const fact of [
      'E:A',
      'E:=b',
      'X:a',
      'E:A=b%0Ac',
      'E:A=b%1Bc',
      'S:../x',
      'G:a:b',
      'G:..',
      'I:now',
      'K:SEQNUM=1',
    ])
      expect(await tell('add', `${ZERO} ${fact}`)).toBe('fail 22 protocol tell');
    expect(await tell('move', ZERO)).toBe('fail 22 protocol tell');
    expect(readdirSync(inside('run/udev/data'))).toEqual([]);
  });

  test('hears nothing at all of news that no listener has room for', async () => {
    const from = heardOf().length;
    const facts = Array.from({ length: 5 }, (_, index) => `E:LONG${index}=${'x'.repeat(1990)}`).join(' ');
    expect(await tell('add', `${ZERO} ${facts}`)).toBe('fail 7 news run/udev/data/c1:5');
    expect(readdirSync(inside('run/udev/data'))).toEqual([]);
    expect(heardOf().length).toBe(from);
  });

  test('with a udevd of its own has its files left alone, and udev speaks for itself', async () => {
    const from = heardOf().length;
    expect(await guest.does('unlink /run/udev/control')).toBe('ok');
    expect(await guest.does('socket /run/udev/control')).toBe('ok');
    expect(await guest.does('write /run/udev/data/c1:5 own')).toBe('ok');
    expect(await tell('add', `${ZERO} ${UDEV}`)).toBe('ok');
    expect(readFileSync(inside('run/udev/data/c1:5'), 'utf8')).toBe('own');
    expect(await tell('remove', ZERO)).toBe('ok');
    expect(readFileSync(inside('run/udev/data/c1:5'), 'utf8')).toBe('own');
    const spoken = groups.filter((group) => group === 'kernel').flatMap((group) => [group, group]);
    await eventually(() =>
      expect(
        heardOf()
          .slice(from)
          .map((line) => line.split(' ')[0]),
      ).toEqual(spoken),
    );
    expect(await guest.does('unlink /run/udev/control')).toBe('ok');
    expect(await guest.does('unlink /run/udev/data/c1:5')).toBe('ok');
  });

  test.runIf(onTestHost)('that looks into the database of the host hears, and changes nothing there', async () => {
    mkdirSync('/run/udev/data', { recursive: true });
    writeFileSync('/run/udev/data/c1:5', 'of the host');
    expect(await guest.does('mkdir /tmp/host')).toBe('ok');
    expect(await guest.does('bind-host-udev /tmp/host')).toBe('ok');
    for (const [from, to] of [
      ['/tmp/host', '/run/udev'],
      ['/tmp/host/data', '/run/udev/data'],
    ]) {
      const before = heardOf().length;
      expect(await guest.does(`bind ${from} ${to}`)).toBe('ok');
      expect(await executor.tell(`let-listen ${guest.name}`)).toBe('fail 18 host run/udev/data');
      for (const event of ['add', 'change', 'remove']) expect(await tell(event, `${ZERO} ${UDEV}`)).toBe('ok');
      await eventually(() => expect(heardOf().slice(before)).toHaveLength(3 * groups.length));
      expect(await guest.does(`umount ${to}`)).toBe('ok');
    }
    expect(readFileSync('/run/udev/data/c1:5', 'utf8')).toBe('of the host');
    expect(readdirSync('/run/udev/data')).toEqual(['c1:5']);
    expect(existsSync('/run/udev/control')).toBe(false);
    rmSync('/run/udev/data', { recursive: true });
  });

  test.runIf(onTestHost)("takes no socket of the host's udevd for one of its own", async () => {
    const socket = createServer().listen('/run/udev/control');
    const before = heardOf().length;
    expect(await guest.does('bind /tmp/host /run/udev')).toBe('ok');
    expect(await tell('add', `${ZERO} ${UDEV}`)).toBe('ok');
    await eventually(() => expect(heardOf().slice(before).at(-1)).toContain('\tACTION=add\t'));
    expect(heardOf()).toHaveLength(before + groups.length);
    expect(await guest.does('umount /run/udev')).toBe('ok');
    socket.close();
  });

  test('that means harm harms nobody, and costs itself only what it would have heard', async () => {
    const before = statSync('/etc').mtimeMs;
    expect(await guest.does('rename /run/udev/data /run/udev/kept')).toBe('ok');
    expect(await guest.does('symlink /etc /run/udev/data')).toBe('ok');
    expect(await tell('add', ZERO)).toBe('fail 40 openat2 run/udev/data/c1:5');
    expect(await tell('remove', ZERO)).toBe('ok');
    expect(await guest.does('unlink /run/udev/data')).toBe('ok');
    expect(await guest.does('fifo /run/udev/data')).toBe('ok');
    expect(await tell('add', ZERO)).toBe('fail 20 openat2 run/udev/data/c1:5');
    expect(await guest.does('unlink /run/udev/data')).toBe('ok');
    expect(await guest.does('mkdir /run/udev/data')).toBe('ok');
    expect(await guest.does('fifo /run/udev/data/c1:5')).toBe('ok');
    expect(await tell('add', ZERO)).toBe('fail 17 foreign run/udev/data/c1:5');
    expect(await tell('remove', ZERO)).toBe('ok');
    expect(await guest.does('stat /run/udev/data/c1:5')).toMatch(/^ok 1 /);
    expect(await guest.does('rename /run/udev /run/kept')).toBe('ok');
    expect(await guest.does('symlink /etc /run/udev')).toBe('ok');
    expect(await tell('add', ZERO)).toMatch(/^fail 40 openat2 run\/udev/);
    expect(await executor.tell(`let-listen ${guest.name}`)).toMatch(/^fail 40 openat2 run\/udev/);
    expect(await guest.does('unlink /run/udev')).toBe('ok');
    expect(await guest.does('mkdir /run/udev')).toBe('ok');
    expect(await guest.does('small /run/udev')).toBe('ok');
    expect(await tell('add', ZERO)).toMatch(/^fail 28 \w+ run\/udev/);
    expect(await executor.tell(`make-node ${guest.name} dev/zero c:1:5 0666 0 0`)).toBe('ok');
    expect(statSync('/etc').mtimeMs).toBe(before);
  });
});

test.skipIf(!isRoot)('a guest that shares the network of the host is told by its database only', async () => {
  const ownNetwork = `exec nsenter --net=/proc/${process.pid}/ns/net "$0" --socket 3 --run "$1"; true`;
  const executor = new ExecutorClient(ownNetwork);
  const guest = await TestGuest.start();
  await executor.tell(guest.opening);
  const hearing = await hearIn(guest.pid);
  expect(await executor.tell(`let-listen ${guest.name}`)).toBe('ok');
  expect(await executor.tell(`tell ${guest.name} add ${ZERO} ${UDEV}`)).toBe('ok');
  expect(await guest.does('stat /run/udev/data/c1:5')).toMatch(/^ok 10 /);
  expect(await guest.does('stat /run/udev/control')).toBe('errno 2');
  expect(await executor.tell(`tell ${guest.name} remove ${ZERO}`)).toBe('ok');
  expect(hearing.heard.filter((line) => line.includes('mem/zero'))).toEqual([]);
  await hearing.end();
  await executor.stop();
  await guest.stop();
});
