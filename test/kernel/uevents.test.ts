import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plugDisk, unplugDisk } from './disk.ts';
import { isRoot } from './executor-client.ts';
import { fixture, Listening, until } from './listening.ts';
import { DISK, kernelUevent, udevUevent } from './uevent-bytes.ts';

const UEVENT = 15;
const UDEVD = '/lib/systemd/systemd-udevd';

describe.runIf(isRoot)('uevents', () => {
  let executor: Listening;

  beforeEach(async () => {
    executor = await Listening.start();
  });
  afterEach(() => executor.stop());

  test('the answer says how large the buffer is and which groups are heard', async () => {
    const [answer = ''] = await executor.ask('uevents 16777216');
    const [ok, bytes, groups] = answer.split(' ');
    expect([ok, groups]).toEqual(['ok', 'kernel,udev']);
    expect(Number(bytes)).toBeGreaterThanOrEqual(16777216);
  });

  test('a device that comes and goes is told by the kernel', async () => {
    await executor.ask('uevents 16777216 block');
    const disk = plugDisk();
    await executor.event(new RegExp(`^uevent kernel add \\d+ block /devices/virtual/block/${disk} %$`));
    await unplugDisk(disk);
    await executor.event(new RegExp(`^uevent kernel remove \\d+ block /devices/virtual/block/${disk} %$`));
  });

  test('what is written to a uevent file is a hint like any other', async () => {
    await executor.ask('uevents 16777216 mem');
    poke('/sys/class/mem/null', 'change');
    await executor.event(/^uevent kernel change \d+ mem \/devices\/virtual\/mem\/null %$/);
  });

  test('subsystems that were not asked for are dropped, until they are asked for', async () => {
    await executor.ask('uevents 16777216 usb');
    poke('/sys/class/mem/null', 'change');
    await expect.poll(() => executor.counter('uevents-filtered')).toBeGreaterThan(0);
    expect(executor.events.filter((line) => line.startsWith('uevent '))).toEqual([]);
    await executor.ask('uevents 16777216 usb mem');
    poke('/sys/class/mem/null', 'change');
    await executor.event(/^uevent kernel change \d+ mem /);
  });

  test('changes of one device that wait together are one line', async () => {
    await executor.ask('uevents 16777216 mem');
    process.kill(executor.pid, 'SIGSTOP');
    for (let i = 0; i < 20; i += 1) poke('/sys/class/mem/null', 'change');
    process.kill(executor.pid, 'SIGCONT');
    await expect.poll(() => executor.counter('uevents-folded')).toBe(19);
    await executor.settled();
    expect(executor.events.filter((line) => line.includes('/mem/null'))).toHaveLength(1);
  });

  test('a change is not folded across the removal that came between', async () => {
    await executor.ask('uevents 16777216 mem');
    process.kill(executor.pid, 'SIGSTOP');
    for (const action of ['change', 'remove', 'add', 'change']) poke('/sys/class/mem/null', action);
    process.kill(executor.pid, 'SIGCONT');
    const actions = () => executor.events.flatMap((line) => /^uevent \S+ (\S+) .*\/mem\/null /.exec(line)?.[1] ?? []);
    await expect.poll(actions).toEqual(['change', 'remove', 'add', 'change']);
  });

  test('more than the buffer holds is a loss that is told, and hearing goes on', async () => {
    await executor.ask('uevents 4096 mem');
    process.kill(executor.pid, 'SIGSTOP');
    for (let i = 0; i < 200; i += 1) poke('/sys/class/mem/null', 'change');
    process.kill(executor.pid, 'SIGCONT');
    await executor.event(/^uevents-lost overflow$/);
    const from = executor.events.length;
    poke('/sys/class/mem/zero', 'change');
    await executor.event(/ \/devices\/virtual\/mem\/zero /, from);
  });

  test('an agent that does not read is told once that it missed some, when it reads again', async () => {
    await executor.ask('uevents 67108864 mem');
    executor.pause();
    await touchMany(executor, 12_000);
    executor.resume();
    await executor.event(/^uevents-lost unread$/);
    const from = executor.events.length;
    poke('/sys/class/mem/full', 'change');
    await executor.event(/ \/devices\/virtual\/mem\/full /, from);
    expect(await executor.counter('uevents-unread')).toBeGreaterThan(0);
  });

  test('a number of the kernel that never came is doubt', async () => {
    await executor.ask('uevents 16777216 mem');
    poke('/sys/class/mem/null', 'change');
    await executor.event(/ mem /);
    // Only the host's own network namespace hears of its loopback device.
    poke('/sys/class/net/lo', 'change');
    poke('/sys/class/mem/null', 'change');
    await executor.event(/^uevents-lost gap$/);
  });
});

describe.runIf(isRoot && existsSync(UDEVD))('udevd', () => {
  let executor: Listening;

  beforeEach(async () => {
    executor = await Listening.start();
    await executor.ask('uevents 16777216 block');
  });
  afterEach(() => executor.stop());

  test('its coming and going is told', async () => {
    const told = () => executor.events.filter((line) => line.startsWith('udevd '));
    await expect.poll(told).toEqual(['udevd gone']);
    for (const time of [1, 2]) {
      const udevd = executor.start(UDEVD);
      await expect.poll(told).toHaveLength(2 * time);
      udevd.kill();
      await expect.poll(told).toHaveLength(2 * time + 1);
    }
    expect(told()).toEqual(['udevd gone', 'udevd up', 'udevd gone', 'udevd up', 'udevd gone']);
  });

  test('one that ran before the executor asked is found', async () => {
    const other = await Listening.start();
    const udevd = other.start(UDEVD);
    await until(() => other.run('sh', ['-c', 'ls -A /run/udev 2>/dev/null || true']).includes('control') || undefined);
    await other.ask('uevents 16777216 block');
    await other.event(/^udevd up$/);
    udevd.kill();
    await other.stop();
  });

  test('its messages count, after the kernel has told the same', async () => {
    const udevd = executor.start(UDEVD);
    await executor.event(/^udevd up$/);
    const disk = plugDisk();
    await executor.event(new RegExp(`^uevent udev add \\d+ block /devices/virtual/block/${disk} %$`));
    await unplugDisk(disk);
    await executor.event(new RegExp(`^uevent udev remove \\d+ block /devices/virtual/block/${disk} %$`));
    const told = executor.events.filter((line) => line.includes(`/${disk} `)).map((line) => line.split(' ')[1]);
    expect(told[0]).toBe('kernel');
    expect(await executor.counter('uevents-refused-unverified')).toBe(0);
    udevd.kill();
  });

  test('a process that takes its name is not udevd', async () => {
    const disguised = join(executor.folder, 'systemd-udevd');
    copyFileSync(fixture('forge'), disguised);
    executor.run(disguised, ['multicast', '2'], udevUevent(DISK));
    await executor.event(/^uevent-refused unverified \d+ 1$/);
    expect(executor.events.filter((line) => line.includes('forged'))).toEqual([]);
  });
});

describe.runIf(isRoot)('forged uevents', () => {
  let executor: Listening;
  const forge = (words: readonly string[], message: Buffer) => executor.run(fixture('forge'), words, message);

  beforeEach(async () => {
    executor = await Listening.start();
    await executor.ask('uevents 16777216');
  });
  afterEach(() => executor.stop());

  const isRefused = async (reason: string) => {
    await executor.event(new RegExp(`^uevent-refused ${reason} \\d+ 1$`));
    expect(await executor.counter(`uevents-refused-${reason}`)).toBe(1);
    expect(executor.events.filter((line) => line.includes('forged'))).toEqual([]);
  };

  test('multicast by a root process to the kernel group', async () => {
    forge(['multicast', '1'], kernelUevent(DISK));
    await isRefused('sender');
  });

  test('multicast by a root process to the udev group, which leaves doubt', async () => {
    forge(['multicast', '2'], udevUevent(DISK));
    await isRefused('unverified');
    await executor.event(/^uevents-lost unverified$/);
  });

  test('sent straight to the socket', async () => {
    for (const port of socketsOf(executor)) forge(['unicast', port], kernelUevent(DISK));
    await executor.event(/^uevent-refused unicast \d+ \d$/);
    await expect.poll(() => executor.counter('uevents-refused-unicast')).toBe(2);
  });

  test('injected through the kernel, which passes it on as its own', async () => {
    const { SEQNUM: _, ...withoutNumber } = DISK;
    forge(['inject'], kernelUevent(withoutNumber));
    await isRefused('injected');
  });

  test('with another magic number', async () => {
    forge(['multicast', '2'], udevUevent(DISK, 0xfeedbeef));
    await isRefused('magic');
  });

  test('cut short', async () => {
    forge(['multicast', '2'], udevUevent(DISK).subarray(0, 90));
    await isRefused('short');
  });

  test('refusals are said at once, then once a second with their number', async () => {
    const from = performance.now();
    for (let i = 0; i < 20; i += 1) forge(['multicast', '1'], kernelUevent(DISK));
    const counts = () =>
      executor.events.flatMap((line) => /^uevent-refused sender \d+ (\d+)$/.exec(line)?.[1] ?? []).map(Number);
    await expect.poll(() => counts().reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(counts()[0]).toBe(1);
    expect(counts().length).toBeLessThanOrEqual(2 + (performance.now() - from) / 1000);
  });
});

/** Both netlink sockets of the executor; the file is of the namespace of whoever reads it. */
function socketsOf(executor: Listening): string[] {
  const lines = readFileSync(`/proc/${executor.pid}/net/netlink`, 'utf8').split('\n').slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields
    .filter((field) => Number(field[1]) === UEVENT && field[3] !== '00000000')
    .flatMap((field) => field[2] ?? []);
}

function poke(device: string, action: string): void {
  writeFileSync(`${device}/uevent`, action);
}

/** Different devices in turn, so that nothing folds. */
async function touchMany(executor: Listening, count: number): Promise<void> {
  const files = ['null', 'zero', 'full', 'random', 'urandom'].map((name) => `/sys/class/mem/${name}/uevent`);
  for (let i = 0; i < count; i += 1) writeFileSync(files[i % files.length] ?? '', i % 2 === 0 ? 'add' : 'remove');
  while ((await kernelQueue(executor)) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Bytes that wait in the executor's sockets. */
async function kernelQueue(executor: Listening): Promise<number> {
  const text = execFileSync('cat', [`/proc/${executor.pid}/net/netlink`], { encoding: 'utf8' });
  const fields = text.split('\n').map((line) => line.trim().split(/\s+/));
  return fields.filter((field) => field[1] === String(UEVENT)).reduce((sum, field) => sum + Number(field[4]), 0);
}
