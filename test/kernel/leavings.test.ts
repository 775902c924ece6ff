import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { endProcess, inCgroup } from '../scenarios/in-cgroup.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { DEVICES_ROOT } from './hierarchies.ts';
import { startTime } from './start-time.ts';
import { TestGuest } from './test-guest.ts';

/** Start times are told in these. */
const TICK_MS = 20;
/** $1: folder. 65,536 mounts in a namespace of their own, each step doubles them. */
const CROWD = 'mount -t tmpfs t "$1" && cd "$1" && for i in $(seq 16); do mkdir $i && mount --rbind . $i || exit; done';

describe.skipIf(!isRoot)('what a guest has of the host', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  let named = '';
  const helpers: ChildProcess[] = [];
  const folder = (): string => `${DEVICES_ROOT}${guest.cgroup}`;

  beforeEach(async () => {
    executor = new ExecutorClient();
    await executor.tell('status'); // it is in its namespaces
    guest = await TestGuest.start({ net: true });
    named = guest.named;
    onHost('ip', 'link', 'add', 'hv0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${guest.pid}`);
    onHost('ip', 'link', 'add', 'hv00', 'type', 'veth', 'peer', 'name', 'hv01');
  });
  afterEach(async () => {
    for (const helper of helpers.splice(0)) await endProcess(helper);
    await guest.stop();
    await executor.stop();
  });

  /** Where the executor is. */
  function onHost(...words: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('nsenter', ['-t', `${executor.pid}`, '-n', ...words]);
    if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
    return `${stdout}`;
  }
  const links = (): readonly string[] =>
    [...onHost('ip', '-o', 'link').matchAll(/^\d+: ([^:@]+)/gm)].flatMap(([, name = '']) =>
      name === 'lo' ? [] : name,
    );
  const belongings = async (...cgroups: readonly string[]): Promise<readonly string[]> =>
    (await executor.ask(['belongings', named, ...cgroups].join(' '))).map((line) => line.replace(/^row /, ''));
  const left = async (...words: readonly string[]) => executor.ask(`leavings ${words.join(' ')}`);
  /** Somebody of the host whom the end of the guest's init does not end. */
  async function help(...words: readonly string[]): Promise<ChildProcess> {
    const helper = spawn('nsenter', [...words, 'sh', '-c', 'echo in && exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    helpers.push(helper);
    await new Promise((resolve) => helper.stdout?.once('data', resolve));
    return helper;
  }
  const takeAway = (...words: readonly string[]) =>
    executor.tell(['take-away', ...named.split(' ', 2), ...words].join(' '));
  async function ended(): Promise<void> {
    guest.end();
    await eventually(async () => expect(await executor.tell(`init-state ${named}`)).toMatch(/^fail 3 guest/));
  }

  test('is its namespace of the network, the ends of pairs that lead into it, and its cgroups', async () => {
    const { dev, ino } = statSync(folder());
    const net = readlinkSync(`/proc/${guest.pid}/ns/net`).replace(/\D/g, '');
    const [, index = '', address = ''] = /^(\d+): hv0@.* link\/ether (\S+)/m.exec(onHost('ip', '-o', 'link')) ?? [];
    expect(await belongings()).toEqual([
      `cgroup:${dev}:${ino}:${guest.cgroup}`,
      expect.stringMatching(new RegExp(`^net:${net}:[1-9]\\d*$`)),
      expect.stringMatching(new RegExp(`^link:${index}:\\d+:${address.replaceAll(':', '')}:hv0$`)),
      'ok',
    ]);
    expect(await belongings('/elsewhere')).toHaveLength(4);
  });

  test('is gone when it has ended, and what has its names and numbers by then is not it', async () => {
    const words = (await belongings()).slice(0, -1);
    await ended();
    await eventually(() => expect(links()).toEqual(['hv01', 'hv00']));
    await guest.stop();
    onHost('ip', 'link', 'add', 'hv0', 'type', 'veth', 'peer', 'name', 'hv02');
    mkdirSync(folder());
    try {
      expect(await left(...words)).toEqual(['ok 0']);
      for (const word of words.filter((word) => word.startsWith('cgroup'))) expect(await takeAway(word)).toBe('ok');
      expect(links()).toContain('hv0');
      expect(existsSync(folder())).toBe(true);
    } finally {
      rmdirSync(folder());
    }
  });

  test('stays where somebody of the host is in its network, who is named, and is taken away without him', async () => {
    const words = (await belongings()).slice(0, -1);
    const helper = await help('-t', `${guest.pid}`, '-n');
    await ended();
    const [net = '', link = ''] = words.filter((word) => !word.startsWith('cgroup'));
    expect(await left(net, link)).toEqual([
      expect.stringMatching(`^row pinner ${helper.pid} ${startTime(helper.pid ?? 0)} (sh|sleep) in /\\S* %$`),
      `row left ${net}`,
      `row left ${link}`,
      'ok 2',
    ]);
    expect(await takeAway(link, net)).toBe('ok');
    expect(links()).toEqual(['hv01', 'hv00']);
    expect(helper.exitCode).toBe(null);
    expect(await left(net, link)).toHaveLength(3);
    await endProcess(helper);
    await eventually(async () => expect(await left(net, link)).toEqual(['ok 0']));
  });

  test('is a cgroup that somebody is still in, who is named, and is removed with those below it when nobody is', async () => {
    const [cgroup = ''] = await belongings();
    const below = `${folder()}/below`;
    mkdirSync(`${below}/a%b/${'deep/'.repeat(40)}`, { recursive: true });
    for (let at = 0; at < 200; at += 1) mkdirSync(`${below}/many${at}`);
    const helper = inCgroup([below], 'sleep', '600');
    helpers.push(helper);
    const isIn = () => expect(readFileSync(`${below}/cgroup.procs`, 'utf8')).toBe(`${helper.pid}\n`);
    await eventually(isIn);
    await ended();
    const who = expect.stringMatching(`^row pinner ${helper.pid} \\d+ (sh|sleep) in /\\S* %$`);
    await eventually(async () => expect(await left(cgroup)).toEqual([who, `row left ${cgroup}`, 'ok 1']));
    expect(await takeAway(cgroup)).toBe(`fail 16 rmdir ${guest.cgroup}`);
    isIn();
    await endProcess(helper);
    await eventually(async () => expect(await takeAway(cgroup)).toBe('ok'));
    expect(existsSync(folder())).toBe(false);
  });

  test('is no interface any more that was moved elsewhere, also where somebody keeps the network', async () => {
    const [, net = '', link = ''] = await belongings();
    const elsewhere = await help('-t', `${executor.pid}`, '-n', 'unshare', '-n');
    const keeper = await help('-t', `${guest.pid}`, '-n');
    const move = ['ip', 'link', 'set', 'eth0', 'netns', `${elsewhere.pid}`];
    expect(spawnSync('nsenter', ['-t', `${guest.pid}`, '-n', ...move]).status).toBe(0);
    await ended();
    expect(await left(net, link)).toEqual([
      expect.stringMatching(`^row pinner ${keeper.pid} `),
      `row left ${net}`,
      'ok 1',
    ]);
    expect(await takeAway(link, net)).toBe('ok');
    await endProcess(keeper);
    // Nobody can say any more where its other end is.
    await eventually(async () => expect(await left(net, link)).toEqual([`row left ${link}`, 'ok 1']));
    expect(await takeAway(link, net)).toBe(`fail 2 net ${net}`);
    expect(links()).toContain('hv0');
  });

  test('is no network that somebody of the host was in before, whose interface is not touched either', async () => {
    const service = await help('-t', `${executor.pid}`, '-n', 'unshare', '-n');
    onHost('ip', 'link', 'add', 'hvS', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${service.pid}`);
    await guest.stop();
    await pause(TICK_MS);
    guest = await TestGuest.start({ netOf: service.pid ?? 0 });
    named = guest.named;
    expect(await belongings()).toEqual([expect.stringMatching('^cgroup:'), 'ok']);
  });

  test('is not touched where somebody is in its network who was there before it', async () => {
    await guest.stop();
    const older = spawn('sh', ['-c', 'read pid && exec nsenter -t "$pid" -n sleep 600'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    helpers.push(older);
    await pause(TICK_MS);
    guest = await TestGuest.start({ net: true });
    named = guest.named;
    onHost('ip', 'link', 'add', 'hv1', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${guest.pid}`);
    const [, net = '', link = ''] = await belongings();
    older.stdin.write(`${guest.pid}\n`);
    const inode = readlinkSync(`/proc/${guest.pid}/ns/net`);
    await eventually(() => expect(readlinkSync(`/proc/${older.pid}/ns/net`)).toBe(inode));
    await ended();
    expect(await takeAway(link, net)).toBe(`fail 16 net ${older.pid}`);
    expect(links()).toContain('hv1');
  });

  test('counts as left for as long as somebody has more mounts than can be looked at', async () => {
    const [, net = '', link = ''] = await belongings();
    const crowd = ['-t', `${executor.pid}`, '-m', 'unshare', '-m', '--propagation', 'private', 'sh', '-ec'];
    const helper = await help(...crowd, `${CROWD}; shift; exec "$@"`, 'sh', executor.run);
    await ended();
    await eventually(() => expect(links()).toEqual(['hv01', 'hv00']));
    expect(await left(net)).toEqual([`row left ${net}`, 'ok 1']);
    expect(await takeAway(link, net)).toBe('fail 16 net 0');
    await endProcess(helper);
    await eventually(async () => expect(await left(net)).toEqual(['ok 0']));
  });

  test('is not touched while it runs, nor where another guest is in it', async () => {
    const [, net = '', link = ''] = await belongings();
    expect(await takeAway(link, net)).toBe(`fail 16 guest ${guest.pid}`);
    await help('-t', `${guest.pid}`, '-n', 'unshare', '--pid', '--fork', '--kill-child');
    await ended();
    expect(await takeAway(link, net)).toMatch(/^fail 16 net \d+$/);
    expect(links()).toContain('hv0');
  });

  test('is no network that another guest was in before, nor one that has a name, and that is not touched either', async () => {
    const [cgroup = '', net = '', link = ''] = await belongings();
    const other = await help('-t', `${guest.pid}`, '-n', 'unshare', '--pid', '--fork', '--kill-child');
    expect(await belongings()).toEqual([cgroup, 'ok']);
    await endProcess(other);
    await eventually(async () => expect(await belongings()).toEqual([cgroup, net, link, 'ok']));
    const name = `${executor.run}/a name`;
    writeFileSync(name, '');
    const mount = ['mount', '--bind', `/proc/${guest.pid}/ns/net`, name];
    expect(spawnSync('nsenter', ['-t', `${executor.pid}`, '-m', ...mount]).status).toBe(0);
    expect(await belongings()).toEqual([cgroup, 'ok']);
    await ended();
    expect(await left(net)).toEqual([
      expect.stringMatching(`^row pinner \\d+ \\d+ \\S+ mounted \\S+ ${executor.run}/a%20name$`),
      `row left ${net}`,
      'ok 1',
    ]);
    expect(await takeAway(link, net)).toMatch(/^fail 16 net \d+$/);
    expect(links()).toContain('hv0');
  });
});
