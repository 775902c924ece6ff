import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodeWord, encodeWord } from '../../src/linux/wire.ts';
import { eventually } from '../scenarios/eventually.ts';
import { BootedGuest } from './booted-guest.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { DEVICES_ROOT } from './hierarchies.ts';
import { INITS, packagesOf } from './real-inits.ts';
import { startTime } from './start-time.ts';
import { TestGuest } from './test-guest.ts';

const PLAIN = INITS.find(({ name }) => name === 'plain') ?? INITS[0];
if (PLAIN === undefined) throw new Error('no init');
const { lack, folders } = packagesOf(PLAIN);

let executor: ExecutorClient;
/** The guests' /bin. */
const programs = mkdtempSync(join(tmpdir(), 'hostler-programs-'));

beforeAll(() => {
  chmodSync(programs, 0o755);
  copyFileSync(busybox(), join(programs, 'busybox'));
  for (const name of ['sh', 'ls', 'cat', 'sleep', 'setsid']) symlinkSync('busybox', join(programs, name));
  writeFileSync(join(programs, 'turned'), '#!/proc/self/exe\n', { mode: 0o755 });
  writeFileSync(join(programs, 'text'), 'text', { mode: 0o644 });
});
afterAll(() => rmSync(programs, { recursive: true }));

/** The answer as words. */
async function run(named: string, seconds: number, ...words: readonly string[]): Promise<readonly string[]> {
  const answer = await executor.tell(['run-inside', named, seconds, ...words.map(encodeWord)].join(' '));
  return answer.split(' ').map(decodeWord);
}

describe.skipIf(!isRoot).each([
  { kind: 'a guest', wish: { net: true } },
  { kind: 'a guest with users of its own', wish: { users: [100_000, 65_536] as const, net: true } },
  {
    kind: 'a guest whose users came after its root',
    wish: { users: [100_000, 65_536] as const, net: true, late: true },
  },
])('a program in $kind', ({ wish }) => {
  let guest: TestGuest;
  let atFirst: string;

  beforeEach(async ({ skip }) => {
    skip(lack !== undefined, lack);
    executor = new ExecutorClient();
    guest = await TestGuest.start({ ...wish, programs });
    if ('late' in wish) await guest.map();
    atFirst = readFileSync(`${DEVICES_ROOT}${guest.cgroup}/cgroup.procs`, 'utf8');
  });
  afterEach(async () => {
    if (lack !== undefined) return;
    await guest.stop();
    await executor.stop();
  });

  const inside = (script: string, seconds = 60) => run(guest.named, seconds, 'sh', '-c', script);
  const status = (text: string, name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1];
  const alone = () => {
    expect(readFileSync(`${DEVICES_ROOT}${guest.cgroup}/cgroup.procs`, 'utf8')).toBe(atFirst);
    expect(readdirSync(`${DEVICES_ROOT}${guest.cgroup}`).filter((name) => name.startsWith('hostler'))).toEqual([]);
  };

  test('is its root’s, in all of its namespaces, and tells how it ended', async () => {
    const [ok, code, output = ''] = await inside('busybox id; umask; ls -l /proc/self/ns; exit 3');
    expect([ok, code]).toEqual(['ok', '3']);
    expect(output).toMatch(/^uid=0 gid=0\n0022\n/);
    for (const name of ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup'])
      expect(output).toContain(readlinkSync(`/proc/${guest.pid}/ns/${name}`));
    expect(await inside('kill -9 $$')).toEqual(['ok', '137', '']);
    alone();
  });

  test('holds no more than its init', async () => {
    expect(await guest.does('hold it')).toBe('ok');
    const [, , output = ''] = await inside(
      'cat /proc/self/status; ulimit -n; ulimit -Hn; busybox hostname other; echo $?',
    );
    const init = readFileSync(`/proc/${guest.pid}/status`, 'utf8');
    for (const name of ['CapPrm', 'CapBnd', 'NoNewPrivs', 'Seccomp', 'Seccomp_filters'])
      expect(`${name} ${status(output, name)}`).toBe(`${name} ${status(init, name)}`);
    expect(status(output, 'CapEff')).toBe(status(init, 'CapPrm'));
    expect(['CapInh', 'CapAmb'].map((name) => BigInt(`0x${status(output, name)}`))).toEqual([0n, 0n]);
    expect(status(output, 'Seccomp')).toBe('2');
    expect(output).toMatch(/\n77\n88\n.*Protocol error\n1\n$/);
  });

  test('has nothing of the executor: no file, no environment, no terminal, no group', async () => {
    const [, , output = ''] = await inside('ls -l /proc/self/fd; busybox env; cat /proc/self/status; : < /dev/tty');
    // The folder that is listed is open itself.
    const open = output.match(/^[lrwx-]{10} .*/gm)?.filter((line) => !/ 3( -> .*)?$/.test(line));
    expect(open?.map((line) => / (\d) -> pipe:/.exec(line)?.[1])).toEqual(['0', '1', '2']);
    const variables = output.match(/^[A-Z]+=.*$/gm)?.filter((line) => !/^(PWD|SHLVL)=/.test(line));
    expect(variables?.sort()).toEqual([
      'HOME=/root',
      'LOGNAME=root',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'USER=root',
    ]);
    expect(status(output, 'Groups')?.trim()).toBe('');
    expect(['SigBlk', 'SigIgn'].map((name) => BigInt(`0x${status(output, name)}`))).toEqual([0n, 0n]);
  });

  test('is in its cgroups', async () => {
    const [, , output = ''] = await inside('cat /proc/self/cgroup');
    const own = output.replace(/\/hostler-run-[0-9a-f]{8}$/gm, '');
    expect(own).not.toBe(output);
    expect(own).toBe(readFileSync(`/proc/${guest.pid}/cgroup`, 'utf8'));
  });

  test('tells the last that it wrote, whatever that is', async () => {
    const script = 'i=0; while [ $i -lt 300 ]; do printf %0999d $i; i=$((i+1)); done; printf "\\377\\000\\n%%" >&2';
    const answer = await executor.tell(`run-inside ${guest.named} 60 sh -c ${encodeWord(script)}`);
    expect(answer).toMatch(/^ok 0 0{93}2950{996}296.*0299%FF%00%0A%25$/);
    expect(decodeWord(answer.slice('ok 0 '.length)).length).toBe(4096);
  });

  test('is refused as the kernel refuses it', async () => {
    expect(await run(guest.named, 60, 'nothing', 'x')).toEqual(['fail', '2', 'execve', 'nothing']);
    expect(await run(guest.named, 60, '/bin/text')).toEqual(['fail', '13', 'execve', '/bin/text']);
    alone();
  });

  test('needs no more than the unit of the executor has', async () => {
    const unit = readFileSync(join(import.meta.dirname, '../../packaging/systemd/hostler-executor@.service'), 'utf8');
    const powers =
      unit.match(/^CapabilityBoundingSet=.*$/gm)?.flatMap((line) => line.match(/CAP_[A-Z_]+/g) ?? []) ?? [];
    const bounded = `-all,${powers.map((name) => `+${name.slice(4).toLowerCase()}`).join(',')}`;
    await executor.stop();
    executor = new ExecutorClient(`exec setpriv --bounding-set ${bounded} "$0" --socket 3 --run "$1"`);
    expect(await guest.does('hold it')).toBe('ok');
    const [ok, code, output = ''] = await inside('cat /proc/self/status');
    expect([ok, code]).toEqual(['ok', '0']);
    expect(status(output, 'Seccomp_filters')).toBe('1');
    // What the service has not got, a guest that shares its users does not get from it.
    const has = BigInt(`0x${status(readFileSync(`/proc/${executor.pid}/status`, 'utf8'), 'CapBnd')}`);
    const init = BigInt(`0x${status(readFileSync(`/proc/${guest.pid}/status`, 'utf8'), 'CapPrm')}`);
    expect(BigInt(`0x${status(output, 'CapEff')}`)).toBe('users' in wish ? init : init & has);
  });

  test('asks nothing of what the guest made of /proc and /dev', async () => {
    await guest.does('umount /proc'); // who made it elsewhere may not
    expect(await guest.does('fifo /dev/null')).toBe('ok');
    expect(await inside('echo done')).toEqual(['ok', '0', 'done\n']);
  });

  // One that is built to be watched needs libraries, which the guest has not.
  test.skipIf(process.env.HOSTLER_EXECUTOR)('begun by what it runs from is a copy that ends at once', async () => {
    expect(await run(guest.named, 60, 'turned')).toEqual(['ok', '64', '']);
  });

  test('has its time, and then all that came of it is ended', async () => {
    const script = 'setsid sleep 6001 & (setsid sh -c "sleep 6002 & sleep 6003" &); echo said; sleep 6004';
    expect((await inside(script, 1)).slice(0, 3)).toEqual(['fail', '110', 'run']);
    await eventually(alone);
  });

  test('ends with who asked for it, and what it leaves is taken away by the next', async () => {
    void inside('sleep 6001');
    const procs = () =>
      readdirSync(`${DEVICES_ROOT}${guest.cgroup}`)
        .filter((name) => name.startsWith('hostler'))
        .flatMap((name) => readFileSync(`${DEVICES_ROOT}${guest.cgroup}/${name}/cgroup.procs`, 'utf8').split('\n'))
        .filter(Boolean);
    await eventually(() => expect(procs()).toHaveLength(1));
    process.kill(executor.pid, 'SIGKILL');
    await eventually(() => expect(procs()).toEqual([]));
    executor = new ExecutorClient();
    await eventually(async () => {
      expect(await inside('true')).toEqual(['ok', '0', '']);
      alone();
    });
  });

  test('is in this guest only, for a time that has an end', async () => {
    const [pid, start, cgroup] = [guest.pid, startTime(guest.pid), guest.cgroup];
    expect(await run(`${pid} ${start + 1n} ${cgroup}`, 5, 'sh')).toEqual(['fail', '3', 'guest', `${pid}`]);
    expect(await run(`${process.pid} ${startTime(process.pid)} ${cgroup}`, 5, 'sh')).toMatchObject([
      'fail',
      '3',
      'guest',
      `${process.pid}`,
    ]);
    expect(await run(`${pid} ${start} /nowhere`, 5, 'sh')).toMatchObject(['fail', '1', 'cgroup', '/nowhere']);
    for (const [seconds, ...words] of [[0, 'sh'], [86_401, 'sh'], [5], [5, '']] as const)
      expect(await run(guest.named, seconds, ...words)).toEqual(['fail', '22', 'protocol', 'run-inside']);
  });
});

describe.skipIf(!isRoot)('a program in a guest that has a cgroup of v2', () => {
  let guest: BootedGuest;

  beforeEach(async ({ skip }) => {
    skip(lack !== undefined, lack);
    executor = new ExecutorClient();
    guest = await BootedGuest.start(PLAIN);
    await eventually(async () => expect(await run(guest.named, 60, 'sh', '-c', 'true')).toEqual(['ok', '0', '']));
  });
  afterEach(async () => {
    if (lack !== undefined) return;
    await guest.stop();
    await executor.stop();
  });

  const runs = () => readdirSync(guest.cgroups[0] ?? '').filter((name) => name.startsWith('hostler'));

  test('may leave others running, whom nobody waits for', async () => {
    expect(await run(guest.named, 600, 'sh', '-c', 'sleep 6001 & echo began')).toEqual(['ok', '0', 'began\n']);
    await eventually(async () => {
      const rows = await executor.ask(`evidence ${guest.named}`);
      expect(rows.filter((row) => / (sleep|busybox) .*hostler-run-/.test(row))).toHaveLength(1);
    });
    expect(runs()).toHaveLength(1);
  });

  test('is ended with all that came of it', async () => {
    const script = 'setsid sleep 6001 & (setsid sleep 6002 &); sleep 6003';
    expect((await run(guest.named, 1, 'sh', '-c', script)).slice(0, 3)).toEqual(['fail', '110', 'run']);
    await eventually(() => expect(runs()).toEqual([]));
  });

  test('is not begun while the guest is frozen', async () => {
    const freeze = join(guest.cgroups[0] ?? '', 'cgroup.freeze');
    writeFileSync(freeze, '1');
    await eventually(() =>
      expect(readFileSync(join(guest.cgroups[0] ?? '', 'cgroup.events'), 'utf8')).toContain('frozen 1'),
    );
    expect((await run(guest.named, 5, 'sh')).slice(0, 3)).toEqual(['fail', '16', 'frozen']);
    writeFileSync(freeze, '0');
    expect(await run(guest.named, 60, 'sh', '-c', 'true')).toEqual(['ok', '0', '']);
  });
});

function busybox(): string {
  const found = folders.flatMap((folder) => ['bin/busybox', 'usr/bin/busybox'].map((path) => join(folder, path)));
  return found.find((path) => existsSync(path)) ?? '';
}
