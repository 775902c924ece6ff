import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { endProcess } from '../scenarios/in-cgroup.ts';
import { loopctl, plugLoop, unplugLoop } from '../scenarios/loop-number.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { fixture } from './listening.ts';
import { TestGuest } from './test-guest.ts';

/** The guest's, and the host's. */
const [OWN, HOSTS] = [470, 471] as const;
const IMAGE = '/hostler-disk.img';

describe.skipIf(!isRoot || !existsSync('/dev/loop-control'))('a loop device', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  let named = '';
  const helpers: ChildProcess[] = [];
  const folders: string[] = [];

  beforeEach(async () => {
    executor = new ExecutorClient();
    await executor.tell('status'); // it is in its namespaces
    guest = await TestGuest.start();
    named = guest.named;
    plugLoop(OWN, 2);
    image(inside(IMAGE));
  });
  afterEach(async () => {
    for (const helper of helpers.splice(0)) await endProcess(helper);
    for (const number of [OWN, HOSTS]) if (isAttached(number)) spawnSync('losetup', ['-d', `/dev/loop${number}`]);
    await guest.stop();
    await executor.stop();
    for (const folder of folders.splice(0)) rmdirSync(folder);
    unplugLoop(OWN, 2);
  });

  const inside = (path: string): string => `/proc/${guest.pid}/root${path}`;
  const loops = async (): Promise<readonly string[]> =>
    (await executor.ask(`belongings ${named}`)).flatMap((line) => line.match(/(?<=^row )loop:.*/)?.[0] ?? []);
  const left = (word: string) => executor.ask(`leavings ${word}`);
  const takeAway = (word: string) => executor.tell(`take-away ${named.split(' ', 2).join(' ')} ${word}`);
  const ended = async () => {
    guest.end();
    await eventually(async () => expect(await executor.tell(`init-state ${named}`)).toMatch(/^fail 3 guest/));
  };
  /** Somebody of the host, who lets go when he ends. */
  async function help(script: string): Promise<ChildProcess> {
    const helper = spawn('unshare', ['-m', 'sh', '-c', `${script} && echo in && exec sleep 600`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    helpers.push(helper);
    await new Promise((resolve) => helper.stdout?.once('data', resolve));
    return helper;
  }

  test('that a guest has attached a file of its own to is its own, and is detached when it has ended', async () => {
    attach(OWN, inside(IMAGE));
    const [word = '', ...others] = await loops();
    expect([word, others]).toEqual([expect.stringMatching(`^loop:${OWN}:\\d+:\\d+:\\d+:${IMAGE}$`), []]);
    expect(await takeAway(word)).toBe(`fail 16 guest ${guest.pid}`);
    await ended();
    expect(await left(word)).toEqual([`row left ${word}`, 'ok 1']);
    expect(await takeAway(word)).toBe('ok');
    await eventually(() => expect(isAttached(OWN)).toBe(false));
    expect(await left(word)).toEqual(['ok 0']);
  });

  test('that the host has attached is not the guest’s, with a file of the guest’s or of its name', async () => {
    const programs = mkdtempSync(join(tmpdir(), 'hostler-loop-'));
    const other = await TestGuest.start({ programs });
    try {
      // The host sees its root too, and it has made the host's path lead to the same file there.
      expect(await other.does('chroot /bin')).toBe('ok');
      const name = join(programs, 'disk.img');
      image(name);
      mkdirSync(join(programs, programs), { recursive: true });
      linkSync(name, join(programs, name));
      attach(OWN, name);
      image(join(tmpdir(), basename(IMAGE)));
      image(join(programs, IMAGE));
      attach(HOSTS, join(tmpdir(), basename(IMAGE)));
      expect(await executor.tell(`belongings ${other.named}`)).toBe('ok');
      expect((await executor.ask(`belongings ${other.named}`)).filter((line) => /loop/.test(line))).toEqual([]);
    } finally {
      await other.stop();
      rmSync(programs, { recursive: true, force: true });
      rmSync(join(tmpdir(), basename(IMAGE)));
    }
  });

  test('that is another one by the time the guest has ended is not touched', async () => {
    attach(OWN, inside(IMAGE));
    const [word = ''] = await loops();
    detach(OWN);
    attach(OWN, inside(IMAGE));
    expect(await loops()).not.toContain(word);
    await ended();
    expect(await left(word)).toEqual(['ok 0']);
    expect(await takeAway(word)).toBe('ok');
    expect(isAttached(OWN)).toBe(true);
  });

  /** A file system in a folder of the executor's host that the guest has as well, and there a file of its own. */
  async function serve(program: string): Promise<{ readonly server: ChildProcess; readonly file: string }> {
    const folder = mkdtempSync(join(tmpdir(), 'hostler-loop-'));
    const server = spawn('nsenter', ['-t', `${executor.pid}`, '-m', fixture(program), folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    helpers.push(server);
    folders.push(folder);
    await new Promise((resolve) => server.stdout?.once('data', resolve));
    const file = join(folder, 'disk.img');
    mkdirSync(inside(folder), { recursive: true });
    image(inside(file));
    return { server, file };
  }

  /** Who of the executor's waits for that device, and cannot be ended. */
  const waiting = () => processes().filter((pid) => isExecutor(pid) && hasOpen(pid, `/dev/loop${OWN}`));

  // By who attached it, and by whose path that is on the host.
  test.each(['fusemute', 'fusehang'])(
    'that a file system (%s) says nothing of keeps nobody from seeing others',
    async (program) => {
      const { server, file } = await serve(program);
      attach(OWN, program === 'fusemute' ? `/proc/${executor.pid}/root${file}` : inside(file));
      attach(HOSTS, inside(IMAGE));
      if (program === 'fusemute') {
        const mute = new Promise((resolve) => server.stdout?.once('data', resolve));
        server.stdin?.write('mute\n');
        await mute;
      }
      const others = [expect.stringMatching(`^loop:${HOSTS}:`)];
      expect(await loops()).toEqual(others);
      const once = waiting();
      expect(once).toHaveLength(1);
      expect(await loops()).toEqual(others);
      expect(waiting()).toEqual(once);
      const diskseq = readFileSync(`/sys/block/loop${OWN}/diskseq`, 'utf8').trim();
      await ended();
      expect(await takeAway(`loop:${OWN}:${diskseq}:1:1:/`)).toBe(`fail 16 loop ${OWN}`);
      await endProcess(server);
      await eventually(() => expect(waiting()).toEqual([]));
    },
  );

  test('that somebody uses is not touched, and he is named: who has it open, and where it is mounted', async () => {
    const device = `/dev/loop${OWN}`;
    attach(OWN, inside(IMAGE));
    const [word = ''] = await loops();
    const reader = await help(`exec 7<${device}`);
    await ended();
    expect(await left(word)).toEqual([
      expect.stringMatching(`^row pinner ${reader.pid} \\d+ (sh|sleep) open `),
      `row left ${word}`,
      'ok 1',
    ]);
    expect(await takeAway(word)).toBe(`fail 16 loop ${OWN}`);
    await endProcess(reader);
    spawnSync('mke2fs', ['-q', device]);
    const folder = mkdtempSync(join(tmpdir(), 'hostler-loop-'));
    const mounted = await help(`mount -t ext4 -o ro ${device} ${folder}`);
    expect(await left(word)).toEqual([
      expect.stringMatching(`^row pinner ${mounted.pid} \\d+ (sh|sleep) mounted \\S+ ${folder}$`),
      `row left ${word}`,
      'ok 1',
    ]);
    expect(await takeAway(word)).toBe(`fail 16 loop ${OWN}`);
    expect(isAttached(OWN)).toBe(true);
    await endProcess(mounted);
    await eventually(async () => expect(await takeAway(word)).toBe('ok'));
    await eventually(() => expect(isAttached(OWN)).toBe(false));
    rmSync(folder, { recursive: true });
  });
});

function image(path: string): void {
  writeFileSync(path, '');
  truncateSync(path, 1 << 20);
}

/** By exactly this path. */
function attach(number: number, path: string): void {
  const { status, stderr } = spawnSync(loopctl, ['attach', `${number}`, path]);
  if (status !== 0) throw new Error(`${stderr}`);
}

function detach(number: number): void {
  spawnSync('losetup', ['-d', `/dev/loop${number}`]);
}

function processes(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

function isExecutor(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('hostler-exec');
  } catch {
    return false; // it has ended
  }
}

function hasOpen(pid: string, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
  } catch {
    return false;
  }
}

function isAttached(number: number): boolean {
  return existsSync(`/sys/block/loop${number}/loop`);
}
