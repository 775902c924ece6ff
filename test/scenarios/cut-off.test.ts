import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEVICES_ROOT } from '../kernel/hierarchies.ts';
import { attachImage, detachImage } from '../kernel/loop-image.ts';
import { parentOf, startTime } from '../kernel/start-time.ts';
import { loopctl, plugLoop, unplugLoop } from './loop-number.ts';
import { createLxcGuest } from './lxc-guest.ts';
import { inMachine, onTestHost } from './namespace.ts';
import { isAlive } from './processes.ts';

const NAMESPACE = join(import.meta.dirname, '../../scripts/namespace.sh');
const CGROUP = `${DEVICES_ROOT}/hostler-test-cut-${process.pid}`;
const LEFT = 1991;
const FOLDER = join(tmpdir(), `hostler-test-cut-${process.pid}`);
/** Makes a folder with something mounted in it, and a cgroup, puts a process into it that nobody waits for, and tells of both. */
const LITTER = `
echo folder ${basename(FOLDER)} >>$HOSTLER_TEST_NOTED
mkdir -p ${FOLDER}/mounted
mount -t tmpfs small ${FOLDER}/mounted
echo cgroup ${CGROUP.split('/').at(-1)} >>$HOSTLER_TEST_NOTED
mkdir -p ${CGROUP}/below
sleep 1000 &
echo $! >${CGROUP}/below/cgroup.procs
echo $$ $!
`;

describe.skipIf(!onTestHost || inMachine)('a run of tests', () => {
  let lxcPath: string;

  beforeEach(() => {
    lxcPath = mkdtempSync(join(tmpdir(), 'hostler-cut-'));
  });
  afterEach(() => rmSync(lxcPath, { recursive: true }));

  /** With what its first line says: the process that is the run, and one that it has started. */
  const start = async (script: string) => {
    const run = spawn('unshare', ['-m', '-n', 'sh', NAMESPACE, 'sh', '-c', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(run.stdout), 'line');
    const [command = 0, started = 0] = String(line).split(' ').map(Number);
    return { run, command, started };
  };
  const ended = async (run: ChildProcess) => {
    await once(run, 'exit');
    return run.exitCode;
  };

  test.each([
    ['ends by itself', 'exit 3', () => undefined, 3],
    ['is killed', 'read line', (_: number, command: number) => process.kill(command, 'SIGKILL'), 137],
    ['is asked to end', 'exec sleep 1000', (run: number) => process.kill(run, 'SIGTERM'), 143],
  ] as const)('that %s leaves no process, and no cgroup or folder that it has noted', async (_, end, cut, code) => {
    const { run, command, started } = await start(`${LITTER}${end}`);
    cut(run.pid ?? 0, command);
    expect(await ended(run)).toBe(code);
    expect([isAlive(started), existsSync(CGROUP), existsSync(FOLDER)]).toEqual([false, false, false]);
  });

  test('that is killed leaves no guest', async () => {
    createLxcGuest({ name: 'robust-cut', lxcPath });
    const { run, command, started } = await start(
      `lxc-start -P ${lxcPath} -n robust-cut && echo $$ $(lxc-info -P ${lxcPath} -n robust-cut -pH) && read line`,
    );
    expect(isAlive(started)).toBe(true);
    process.kill(command, 'SIGKILL');
    expect(await ended(run)).toBe(137);
    expect([isAlive(started), existsSync(`${DEVICES_ROOT}/lxc.payload.robust-cut`)]).toEqual([false, false]);
  });

  test.each([
    ['of the tests is detached, and gone', 'hostler-cut-image-', false],
    ["of somebody's stays as it is", 'somebody-', true],
  ] as const)(
    'that is killed with all that it had started leaves its cgroups, folders and loop devices to the next: one with a file %s',
    async (_, prefix, stays) => {
      const folder = mkdtempSync(join(tmpdir(), prefix));
      writeFileSync(join(folder, 'image'), Buffer.alloc(4096));
      const { run, started } = await start(`${LITTER}read line`);
      appendFileSync(listOf(started), `loop ${LEFT} 1\n`);
      execFileSync(loopctl, ['add', String(LEFT)]);
      attachImage(LEFT, join(folder, 'image'));
      for (const pid of beside(started)) process.kill(pid, 'SIGKILL');
      await ended(run);
      expect([CGROUP, FOLDER, `/sys/block/loop${LEFT}`].map((path) => existsSync(path))).toEqual([true, true, true]);
      const next = spawn('unshare', ['-m', '-n', 'sh', NAMESPACE, 'true'], { stdio: 'inherit' });
      expect(await ended(next)).toBe(0);
      expect([CGROUP, FOLDER].map((path) => existsSync(path))).toEqual([false, false]);
      expect(existsSync(`/sys/block/loop${LEFT}/loop/backing_file`)).toBe(stays);
      expect(existsSync(`/sys/block/loop${LEFT}`)).toBe(stays);
      if (stays) {
        await detachImage(LEFT);
        unplugLoop(LEFT);
      }
      rmSync(folder, { recursive: true });
    },
  );

  test('that is killed with all that it had started leaves its guests to the next', async () => {
    const guest = createLxcGuest({ name: 'robust-left', lxcPath });
    const noting = `lxc-start -P ${lxcPath} -n robust-left && echo $$ $(lxc-info -P ${lxcPath} -n robust-left -pH) && read line`;
    const { run, command, started } = await start(noting);
    const monitor = parentOf(started);
    const list = listOf(command);
    appendFileSync(list, `guest ${started} ${startTime(started)} ${monitor} ${startTime(monitor)}\n`);
    const other = spawn('sleep', ['1000'], { stdio: 'ignore' });
    appendFileSync(list, `guest ${other.pid} 1 ${other.pid} 1\n`); // who has the number of one by now
    appendFileSync(list, 'cgroup lxc.payload.robust-left\ncgroup lxc.monitor.robust-left\n');
    for (const pid of beside(command).filter((one) => one !== monitor && one !== started)) process.kill(pid, 'SIGKILL');
    await ended(run);
    expect([isAlive(started), isAlive(monitor)]).toEqual([true, true]);
    const next = spawn('unshare', ['-m', '-n', 'sh', NAMESPACE, 'true'], { stdio: 'inherit' });
    expect(await ended(next)).toBe(0);
    expect([isAlive(started), isAlive(monitor), existsSync(`${DEVICES_ROOT}/lxc.payload.robust-left`)]).toEqual([
      false,
      false,
      false,
    ]);
    expect([other.exitCode, other.signalCode]).toEqual([null, null]);
    other.kill();
    await guest.destroy();
  });

  test('is refused in the namespaces of whoever calls it', async () => {
    const run = spawn('sh', [NAMESPACE, 'true'], { stdio: 'ignore' });
    expect(await ended(run)).toBe(2);
  });

  test('finds a loop device that one before has left, and plugs it in anew', () => {
    plugLoop(1990);
    const left = statSync('/sys/block/loop1990').ino;
    plugLoop(1990);
    expect(statSync('/sys/block/loop1990').ino).not.toBe(left);
    unplugLoop(1990);
  });

  test('is refused where somebody else is, whoever calls it, and ends nobody', async () => {
    const other = spawn('unshare', ['-m', '-n', 'sh', '-c', 'echo; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    const run = spawn('nsenter', ['-t', `${other.pid}`, '-m', '-n', 'sh', NAMESPACE, 'true'], { stdio: 'ignore' });
    expect([await ended(run), isAlive(other.pid ?? 0)]).toEqual([2, true]);
    other.kill();
    await ended(other);
  });

  test('removes no folder but one for tests', async () => {
    mkdirSync(join(lxcPath, 'of-somebody'));
    const names = ['', lxcPath, basename(lxcPath), `hostler-test-/../${basename(lxcPath)}`];
    const noting = names.map((name) => `echo folder ${name} >>$HOSTLER_TEST_NOTED`).join('; ');
    const run = spawn('unshare', ['-m', '-n', 'sh', NAMESPACE, 'sh', '-c', noting], { stdio: 'ignore' });
    expect([await ended(run), readdirSync(lxcPath)]).toEqual([0, ['of-somebody']]);
  });

  test('removes no cgroup for a line that names none', async () => {
    for (const name of ['noted', 'of-somebody']) mkdirSync(join(lxcPath, name));
    const noting = 'printf "\\ncgroup\\ncgroup noted\\n" >>$HOSTLER_TEST_NOTED';
    const script = `mount --bind ${lxcPath} /sys/fs/cgroup && exec sh ${NAMESPACE} sh -c '${noting}'`; // in the place of the cgroups
    const run = spawn('unshare', ['-m', '-n', 'sh', '-c', script], { stdio: 'ignore' });
    expect([await ended(run), readdirSync(lxcPath)]).toEqual([0, ['of-somebody']]);
  });
});

/** Where the run of a process notes what it makes. */
function listOf(pid: number): string {
  const [, list = ''] = /(?:^|\0)HOSTLER_TEST_NOTED=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8')) ?? [];
  return list;
}

/** Whoever is in the network namespace of a process. */
function beside(pid: number): readonly number[] {
  const namespace = readlinkSync(`/proc/${pid}/ns/net`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => namespaceOf(one) === namespace);
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return ''; // it has ended meanwhile
  }
}
