import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { inCgroup, outcome } from '../scenarios/in-cgroup.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { TestGuest } from './test-guest.ts';

const CONTROLLERS = ['memory', 'cpu', 'pids', 'freezer', 'unified'];
const MIB = 1 << 20;

let executor: ExecutorClient;
let guest: TestGuest;

const held = (controller: string, name: string): string => readFileSync(guest.file(controller, name), 'utf8').trim();
const limit = (...words: readonly string[]): Promise<string> =>
  executor.tell(`limit ${guest.named} ${words.map((word) => word.replaceAll(' ', '%20')).join(' ')}`);

describe.skipIf(!isRoot)('the limits of a guest', () => {
  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ controllers: CONTROLLERS });
  });
  afterEach(async () => {
    await guest.stop();
    await executor.stop();
  });

  test('are written in the order that was asked for, in each controller', async () => {
    expect(
      await limit(
        `memory.limit_in_bytes=${64 * MIB}`,
        `memory.memsw.limit_in_bytes=${80 * MIB}`,
        'cpu.cfs_quota_us=20000',
        'cpu.cfs_burst_us=20000',
        'pids.max=7',
      ),
    ).toBe('ok');
    expect(held('memory', 'memory.limit_in_bytes')).toBe(`${64 * MIB}`);
    expect(held('memory', 'memory.memsw.limit_in_bytes')).toBe(`${80 * MIB}`);
    expect(held('cpu', 'cpu.cfs_quota_us')).toBe('20000');
    expect(held('cpu', 'cpu.cfs_burst_us')).toBe('20000');
    expect(held('pids', 'pids.max')).toBe('7');
  });

  test('stop at the first that the kernel does not take, and it is named', async () => {
    expect(await limit('pids.max=7', 'cpu.cfs_quota_us=5', 'pids.max=9')).toBe('fail 22 limit cpu.cfs_quota_us');
    expect(held('pids', 'pids.max')).toBe('7');
    expect(await limit('memory.soft_limit_in_bytes=4096', 'pids.max=-1')).toBe('fail 22 limit pids.max');
    expect(held('memory', 'memory.soft_limit_in_bytes')).toBe('4096');
  });

  test('are taken away by what the kernel has for that', async () => {
    await limit(`memory.limit_in_bytes=${64 * MIB}`, 'cpu.cfs_quota_us=20000', 'pids.max=7');
    expect(await limit('memory.limit_in_bytes=-1', 'cpu.cfs_quota_us=-1', 'pids.max=max')).toBe('ok');
    expect(Number(held('memory', 'memory.limit_in_bytes'))).toBeGreaterThan(2 ** 60);
    expect(held('cpu', 'cpu.cfs_quota_us')).toBe('-1');
    expect(held('pids', 'pids.max')).toBe('max');
  });

  test('below what is used are refused with the kernel’s word where it cannot take it back', async () => {
    await guest.does('write /tmp/some x'.padEnd(4000, 'x'));
    const before = held('memory', 'memory.limit_in_bytes');
    expect(await limit('memory.limit_in_bytes=0')).toBe('fail 16 limit memory.limit_in_bytes');
    expect(held('memory', 'memory.limit_in_bytes')).toBe(before);
  });

  test('of the freezer stop it and let it go on', async () => {
    expect(await limit('freezer.state=FROZEN')).toBe('ok');
    await expect.poll(() => held('freezer', 'freezer.state')).toBe('FROZEN');
    expect(await limit('freezer.state=THAWED')).toBe('ok');
    await expect.poll(() => held('freezer', 'freezer.state')).toBe('THAWED');
    expect(await limit('cgroup.freeze=1')).toBe('ok');
    await expect.poll(() => held('unified', 'cgroup.events')).toContain('frozen 1');
    expect(await limit('cgroup.freeze=0')).toBe('ok');
    await expect.poll(() => held('unified', 'cgroup.events')).toContain('frozen 0');
  });

  test('that this kernel has no file for are refused, and no file is made', async () => {
    expect(await limit('memory.max=4096')).toBe('fail 2 limit memory.max');
    expect(await limit('io.max=8:0 rbps=1048576 wiops=max')).toBe('fail 2 limit io.max');
  });

  test.each([
    'memory.limit_in_bytes',
    'memory.limit_in_bytes=',
    'memory.limit_in_bytes=0x10',
    'memory.limit_in_bytes=18446744073709551616',
    'memory.limit_in_bytes=-2',
    'memory.limit_in_bytes=64M',
    'memory.limit_in_bytes=010',
    'memory.limit_in_bytes=%0A5',
    'memory.limit_in_bytes=FROZEN',
    'memory.limit_in_bytes=5 5 5',
    'memory.limit_in_bytes=5 ',
    'memory.limit_in_bytes=default',
    `memory.limit_in_bytes=${'1 '.repeat(100)}1`,
    'memory.force_empty=0',
    'memory.oom_control=1',
    'cgroup.procs=1',
    'tasks=1',
    'devices.allow=a',
    '../cgroup.procs=1',
    'memory/../cgroup.procs=1',
    'release_agent=5',
    '=5',
    'freezer.state=5',
    'io.max=8:0',
    'io.max=8 rbps=5',
    'io.max=8:0 rbps',
    'io.max=8:0 rbps=5 x=5',
    'io.max=max',
    'blkio.throttle.read_bps_device=5',
    'blkio.throttle.read_bps_device=7:0',
    'blkio.throttle.read_bps_device=7:0 max',
    'blkio.throttle.read_bps_device=7:0 5 5',
    'blkio.throttle.read_bps_device=loop0 5',
    'blkio.throttle.io_serviced=7:0 5',
  ])('are not touched for %s, and neither for what stands before it', async (word) => {
    expect(await limit('pids.max=7', word)).toBe('fail 22 protocol limit');
    expect(held('pids', 'pids.max')).toBe('max');
  });

  test('are not touched for more than can be written at once', async () => {
    expect(await limit(...Array(65).fill('pids.max=7'))).toBe('fail 22 protocol limit');
    expect(await limit(...Array(64).fill('pids.max=8'))).toBe('ok');
    expect(held('pids', 'pids.max')).toBe('8');
  });

  test('are those of this process only, by its start time', async () => {
    const [pid, start = '', cgroup] = guest.named.split(' ');
    const asked = (named: string): Promise<string> => executor.tell(`limit ${named} pids.max=7`);
    expect(await asked(`${pid} ${BigInt(start) + 1n} ${cgroup}`)).toBe(`fail 3 guest ${pid}`);
    expect(await asked(`${process.pid} 1 ${cgroup}`)).toBe(`fail 3 guest ${process.pid}`);
    expect(await asked(`4194304 1 ${cgroup}`)).toBe('fail 3 guest 4194304');
    expect(await asked(`0 1 ${cgroup}`)).toBe('fail 22 protocol limit');
    expect(await asked(`4194305 1 ${cgroup}`)).toBe('fail 22 protocol limit');
    expect(await asked(`${pid} -1 ${cgroup}`)).toBe('fail 22 protocol limit');
    expect(held('pids', 'pids.max')).toBe('max');
  });

  test.each([
    ['the root', () => '/'],
    ['no path', () => 'x'],
    ['another one', () => '/lxc'],
    ['only the beginning of its name', () => guest.cgroup.slice(0, -1)],
    ['one that ends with a slash', () => `${guest.cgroup}/`],
    ['one that goes up', () => `${guest.cgroup}/..`],
    ['one that goes up and down', () => `${guest.cgroup}/..${guest.cgroup}`],
    ['one that goes nowhere', () => `/.${guest.cgroup}`],
    ['longer than a path can be', () => `/${'a'.repeat(4094)}`],
  ])('are not those of %s', async (_what, cgroup) => {
    const [pid, start] = guest.named.split(' ');
    const answer = await executor.tell(`limit ${pid} ${start} ${cgroup()} pids.max=7 memory.limit_in_bytes=${MIB}`);
    expect(answer).toBe('fail 1 cgroup pids.max');
    expect(held('pids', 'pids.max')).toBe('max');
  });

  test('are written in none of its cgroups when it is not in one of them', async () => {
    writeFileSync('/sys/fs/cgroup/memory/cgroup.procs', `${guest.pid}`);
    expect(await limit('pids.max=7', `memory.limit_in_bytes=${64 * MIB}`)).toBe('fail 1 cgroup memory.limit_in_bytes');
    expect(held('pids', 'pids.max')).toBe('max');
  });

  test('of a cgroup above the one it is in are its own too', async () => {
    const below = guest.file('pids', 'inner');
    mkdirSync(below);
    writeFileSync(`${below}/cgroup.procs`, `${guest.pid}`);
    expect(await limit('pids.max=7')).toBe('ok');
    writeFileSync(guest.file('pids', 'cgroup.procs'), `${guest.pid}`);
    rmdirSync(below);
    expect(held('pids', 'pids.max')).toBe('7');
  });

  test('of one that has ended are nobody’s', async () => {
    const { named, pid } = guest;
    await guest.stop();
    expect(await executor.tell(`limit ${named} pids.max=7`)).toBe(`fail 3 guest ${pid}`);
  });

  test('of several guests are written at once, and nothing is left of the processes that did it', async () => {
    const guests = [guest];
    while (guests.length < 8) guests.push(await TestGuest.start({ controllers: ['pids'] }));
    const asked = guests.map(({ named }, index) => executor.tell(`limit ${named} pids.max=${40 + index}`));
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['ok']));
    expect(guests.map((one) => readFileSync(one.file('pids', 'pids.max'), 'utf8').trim())).toEqual(
      guests.map((_, index) => `${40 + index}`),
    );
    await expect.poll(() => executor.workers()).toEqual([]);
    for (const one of guests.slice(1)) await one.stop();
  });
});

test.skipIf(!isRoot)('a write that does not end is given up, alone, and the next one finds its way', async () => {
  guest = await TestGuest.start({ controllers: CONTROLLERS });
  // A pipe that nobody reads stands for what the kernel does not get back.
  const pipe = `${guest.folder}/pipe`;
  const blocking = guest.file('memory', 'memory.limit_in_bytes');
  executor = new ExecutorClient(`mkfifo ${pipe} && mount --bind ${pipe} ${blocking}`);
  const from = performance.now();
  const slow = limit('pids.max=7', 'memory.limit_in_bytes=4096', 'pids.max=8');
  expect(await limit('pids.max=9')).toBe(`fail 16 busy ${guest.cgroup}`);
  const other = await TestGuest.start({ controllers: ['pids'] });
  expect(await executor.tell(`limit ${other.named} pids.max=9`)).toBe('ok');
  expect(performance.now() - from).toBeLessThan(9000);
  await other.stop();
  expect(await slow).toBe('fail 110 limit memory.limit_in_bytes');
  expect(performance.now() - from).toBeGreaterThan(9000);
  expect(held('pids', 'pids.max')).toBe('7');
  expect(await limit('pids.max=9')).toBe('ok');
  await guest.stop();
  await executor.stop();
});

test.skipIf(!isRoot)(
  'a write whose process is killed is answered, and one that waits ends with the executor',
  async () => {
    guest = await TestGuest.start({ controllers: CONTROLLERS });
    const pipe = `${guest.folder}/pipe`;
    executor = new ExecutorClient(
      `mkfifo ${pipe} && mount --bind ${pipe} ${guest.file('memory', 'memory.limit_in_bytes')}`,
    );
    const writer = (): Promise<number> =>
      eventually(() => {
        const [pid, ...others] = executor.workers();
        if (pid === undefined || others.length > 0) throw new Error('there is not one who writes');
        return pid;
      });
    expect(await executor.tell('status')).toBe('ok');
    const killed = limit('memory.limit_in_bytes=4096');
    process.kill(await writer(), 'SIGKILL');
    expect(await killed).toBe('fail 32 worker limit');
    expect(await limit('pids.max=9')).toBe('ok');
    await expect.poll(() => executor.workers()).toEqual([]); // it answers before it ends
    void limit('memory.limit_in_bytes=4096');
    const left = await writer();
    await executor.stop();
    await expect.poll(() => existsSync(`/proc/${left}`)).toBe(false);
    await guest.stop();
  },
);

// Files of v1 in the places of those of v2: also there who lowers the limit takes memory back, and kills nobody.
test.skipIf(!isRoot)('where the kernel has no file to reclaim by, the barrier is lowered for a moment', async () => {
  guest = await TestGuest.start({ controllers: CONTROLLERS });
  const own = guest.file('memory', '');
  const places = { 'memory.high': 'memory.limit_in_bytes', 'memory.current': 'memory.usage_in_bytes' };
  const binds = Object.entries(places).map(
    ([name, file]) => `touch ${guest.folder}/v2/${name} && mount --bind ${own}/${file} ${guest.folder}/v2/${name}`,
  );
  const setup = [`mkdir ${guest.folder}/v2`, ...binds, `mount --rbind ${guest.folder}/v2 ${own}`];
  executor = new ExecutorClient(setup.join(' && '));
  const used = () => Number(held('memory', 'memory.usage_in_bytes'));
  const cached = `${guest.folder}/cached`;
  const written = inCgroup([own], 'dd', 'if=/dev/zero', `of=${cached}`, 'bs=1M', 'count=32', 'conv=fsync');
  expect((await outcome(written)).end).toBe(0);
  const before = used();
  expect(before).toBeGreaterThan(32 * MIB);
  expect(await limit(`memory.reclaim=${16 * MIB}`)).toBe('ok');
  expect(used()).toBeLessThanOrEqual(before - 15 * MIB);
  expect(Number(held('memory', 'memory.limit_in_bytes'))).toBeGreaterThan(2 ** 60);
  expect(await limit(`memory.reclaim=${64 * MIB}`)).toMatch(/^fail (11|16) limit memory.reclaim$/);
  expect(Number(held('memory', 'memory.limit_in_bytes'))).toBeGreaterThan(2 ** 60);
  await executor.stop();
  await guest.stop();
});
