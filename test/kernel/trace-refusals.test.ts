import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { DEVICES_ROOT } from './hierarchies.ts';
import { fixture, Listening, until } from './listening.ts';
import { noteCgroup } from './noted.ts';

const MIB = 1 << 20;
const NAME = `/hostler-test-refused-${process.pid}`;

/** What the parser makes of a trace that is read in pieces of so many bytes. */
const parse = (text: string, piece = 65_536): readonly string[] =>
  execFileSync(fixture('tracelines'), [`${piece}`], { input: text, encoding: 'latin1' })
    .split('\n')
    .filter(Boolean);

describe('a trace', () => {
  const whole = '17378 1 71705846854780 type: 173\nCPU:0 [LOST 12 EVENTS]\n17379 0 71705846856773 type: 173\n';

  test.each([1, 2, 7, 64, 4096])('says who was refused, and how much is lost, in pieces of %i bytes', (piece) => {
    expect(parse(whole, piece)).toEqual(['17378', 'lost 12', '17379']);
  });

  test('says that something is lost where nobody knows how much', () => {
    expect(parse('CPU:3 [LOST EVENTS]\n')).toEqual(['lost 1']);
  });

  test.each([
    '',
    '1',
    '0 0 1 type: 173',
    '-1 0 1 type: 173',
    '4194305 0 1 type: 173',
    '18446744073709551617 0 1 type: 173',
    '7 0 1 type: 173 8',
    '7 0 1 type:173',
    '7 0 type: 173',
    '7  0 1 type: 173',
    ' 7 0 1 type: 173',
    '7 0 1 type: x',
    '7 0 1 type: 173\r',
    '7 0 1 type: 173\0',
    'perl-7 [001] ..... 1.2: sys_mmap -> 0xfffffffffffffff4',
    'CPU:0 [LOST 0 EVENTS]',
    'CPU:0 [LOST x EVENTS]',
    'CPU:0 [LOST 1 EVENTS] ',
    'CPU:0 [LOST',
    `7 0 1 type: ${'1'.repeat(200)}`,
    `${'0'.repeat(127)} 0 1 type: 1`,
  ])('has no line like %j', (line) => {
    expect(parse(`${line}\n`)).toEqual([]);
    expect(parse(`${line}\n8 0 1 type: 173\n`, 3)).toEqual(['8']);
  });
});

describe.runIf(isRoot)('a process that is refused memory', () => {
  let executor: Listening;
  const others: ChildProcess[] = [];

  beforeEach(async () => {
    executor = await Listening.start();
    noteCgroup(NAME.slice(1));
    mkdirSync(`${DEVICES_ROOT}${NAME}`);
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await ended(other);
    await executor.stop();
    rmdirSync(`${DEVICES_ROOT}${NAME}`);
  });

  /** One in the cgroup that asks for too much whenever it is told to; answers how often it was refused. */
  async function refused(call: string, times: number, name = 'wants'): Promise<[number, () => Promise<number>]> {
    const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const words = [`${DEVICES_ROOT}${NAME}`, fixture('refused'), name, `${64 * MIB}`, call, `${times}`];
    const child = spawn('sh', ['-c', script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
    others.push(child);
    await once(child.stdout ?? child, 'data');
    const ask = async () => {
      child.stdin?.write('.');
      return Number(await once(child.stdout ?? child, 'data'));
    };
    return [child.pid ?? 0, ask];
  }
  /** Others of this machine may be refused memory, too. */
  const told = (kind = 'refused', of = NAME): readonly string[] =>
    executor.events.filter((event) => event.startsWith(`${kind} `) && event.endsWith(` ${of}`));
  const sum = (kind = 'refused', of = NAME): number =>
    told(kind, of).reduce((all, event) => all + Number(event.split(' ')[1]), 0);
  const isTold = async (): Promise<void> => void (await executor.event(new RegExp(`^refused .* ${NAME}$`)));

  test.each(['mmap', 'mremap', 'mprotect'])('by %s is told with its name and cgroup, each time', async (call) => {
    expect(await executor.ask('trace-refusals')).toEqual(['ok']);
    expect(await executor.ask('trace-refusals')).toEqual(['ok']);
    const [pid, ask] = await refused(call, 3);
    expect(await ask()).toBe(3);
    expect(await until(() => (sum() === 3 ? true : undefined))).toBe(true);
    for (const event of told()) expect(event).toMatch(new RegExp(`^refused [123] ${pid} wants ${NAME}$`));
  });

  test('is told by its name and nobody else’s, whatever it is called', async () => {
    await executor.ask('trace-refusals');
    const [pid, ask] = await refused('mmap', 1, 'x\n7 0 1 type: 1');
    await ask();
    await isTold();
    await executor.settled();
    expect(told()).toEqual([`refused 1 ${pid} x%0A7%200%201%20type:%201 ${NAME}`]);
  });

  test('is not told before anybody asks for it, nor when nobody wants it any more', async () => {
    const [, ask] = await refused('mmap', 1);
    await ask();
    await executor.ask('trace-refusals');
    await executor.ask('untrace-refusals');
    await ask();
    await executor.ask('trace-refusals');
    await ask();
    await isTold();
    await executor.settled();
    expect(sum()).toBe(1);
  });

  test('a million times is told in a bounded number of lines, and what is lost is counted', async () => {
    const times = 1_000_000;
    await executor.ask('trace-refusals');
    const [, ask] = await refused('mmap', times);
    const from = performance.now();
    expect(await ask()).toBe(times);
    const all = () => sum() + sum('refused-unknown', 'lost') + sum('refused-unknown', 'gone');
    expect(await until(() => (all() >= times ? true : undefined))).toBe(true);
    expect(all()).toBe(times);
    expect(sum()).toBeGreaterThan(0);
    expect(sum('refused-unknown', 'lost')).toBeGreaterThan(0);
    // Two lines of each kind in 50 ms at most.
    expect(executor.events.length).toBeLessThan(4 + (4 * (performance.now() - from)) / 50);
  });

  test('and has ended before anybody looked is of nobody', async () => {
    await executor.ask('trace-refusals');
    const [, ask] = await refused('mmap', 1);
    process.kill(executor.pid, 'SIGSTOP');
    await ask();
    for (const other of others.splice(0)) await ended(other);
    process.kill(executor.pid, 'SIGCONT');
    expect(await executor.event(/^refused/)).toBe('refused-unknown 1 gone');
  });

  test('leaves no trace on the host when the executor ends, or when the next one begins', async () => {
    const instances = (): readonly string[] =>
      executor
        .run('sh', ['-c', 'mount -t tracefs none /mnt && ls /mnt/instances; umount /mnt'])
        .split('\n')
        .filter((name) => name.startsWith('hostler-'));
    const killed = new ExecutorClient();
    expect(await killed.ask('trace-refusals')).toEqual(['ok']);
    expect(instances()).toEqual([`hostler-${killed.pid}`]);
    const other = new ExecutorClient();
    expect(await other.ask('trace-refusals')).toEqual(['ok']);
    expect(instances()).toEqual([killed.pid, other.pid].map((pid) => `hostler-${pid}`).sort());
    process.kill(killed.pid, 'SIGKILL');
    await killed.stop();
    await executor.ask('trace-refusals');
    expect(instances()).toEqual([executor.pid, other.pid].map((pid) => `hostler-${pid}`).sort());
    await other.stop();
    expect(instances()).toEqual([`hostler-${executor.pid}`]);
    await executor.ask('untrace-refusals');
    expect(instances()).toEqual([]);
  });
});

test.runIf(isRoot).each([
  ['setpriv --bounding-set -sys_admin', 'instances'],
  ['unshare --pid --fork --kill-child', '/proc/self/ns/pid'],
])('under %s nothing is traced, which is said', async (under, what) => {
  const executor = new ExecutorClient(`exec ${under} "$0" --socket 3 --run "$1"`);
  expect(await executor.tell('trace-refusals')).toBe(`fail 1 tracefs ${what}`);
  expect(await executor.tell('untrace-refusals')).toBe('ok');
  await executor.stop();
});

async function ended(child: ChildProcess): Promise<void> {
  if ((child.exitCode ?? child.signalCode) !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
