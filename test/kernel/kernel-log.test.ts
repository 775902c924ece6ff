import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRoot } from './executor-client.ts';
import { fixture, Listening } from './listening.ts';

const MEMORY = '/sys/fs/cgroup/memory';
const NAME = `/hostler-test-oom-${process.pid}`;
const MIB = 1 << 20;

/** What the parser makes of these records, as read() gives them. */
const parse = (...records: readonly string[]): string[] =>
  execFileSync(fixture('oomlog'), { input: records.map((record) => `${record}\n`).join(''), encoding: 'latin1' })
    .split('\n')
    .filter(Boolean);
const line = (rest: string, cpuset = '/'): string =>
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${cpuset},mems_allowed=0${rest}`;
const kernel = (rest: string, cpuset?: string): string => `6,2693,37215579263,-;${line(rest, cpuset)}`;

describe('a record of the kernel’s log', () => {
  test('names who was killed, and whose limit it was', () => {
    expect(parse(kernel(',oom_memcg=/web,task_memcg=/web/a,task=node,pid=77,uid=100000'))).toEqual([
      '77|node|/web/a|/web',
    ]);
    expect(parse(kernel(',global_oom,task_memcg=/web/a,task=node,pid=77,uid=0'))).toEqual(['77|node|/web/a|']);
    expect(
      parse(`${kernel(',oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0').replace(',-;', ',-,caller=T7;')}`),
    ).toEqual(['7|x|/w|/w']);
  });

  test('has names as they are', () => {
    const record = ',oom_memcg=/m/a\\x5cx2db.scope,task_memcg=/m/a\\x5cx2db.scope,task=\\xc3\\xa4 \\x5c,pid=7,uid=0';
    expect(parse(kernel(record))).toEqual(['7|Ã¤ \\|/m/a\\x2db.scope|/m/a\\x2db.scope']);
  });

  test.each([
    ['user', `14,1,2,-;${line(',oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0')}`],
    ['daemon', `30,1,2,-;${line(',oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0')}`],
  ])('of facility %s is nobody’s word', (_facility, record) => {
    expect(parse(record)).toEqual([]);
  });

  test.each([
    '',
    ';',
    '6',
    '6,1,2,-',
    'x,1,2,-;y',
    `,1,2,-;${line(',oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0')}`,
    `6,1;${line(',oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0')}`,
    kernel(',oom_memcg=/w,task_memcg=/w,task=x,pid=7'),
    kernel(',oom_memcg=/w,task_memcg=/w,task=x,pid=0,uid=0'),
    kernel(',oom_memcg=/w,task_memcg=/w,task=x,pid=-7,uid=0'),
    kernel(',oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0 '),
    kernel(',oom_memcg=/w,task_memcg=/w,task=longer than a comm,pid=7,uid=0'),
    kernel(',oom_memcg=/w,task_memcg=/v,task=x,pid=7,uid=0'),
    kernel(',task_memcg=/v,task=x,pid=7,uid=0'),
    kernel(`,oom_memcg=/w,task_memcg=/w/${'a'.repeat(4096)},task=x,pid=7,uid=0`),
    kernel(`,oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0${' '.repeat(30_000)}`),
    `4,1,2,-;x invoked ${line(',oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0')}`,
  ])('that is not whole tells nothing: %s', (record) => {
    expect(parse(record)).toEqual([]);
    expect(parse(record, kernel(',oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0'))).toEqual(['7|x|/w|/w']);
  });

  test.each([
    [',oom_memcg=/w,task_memcg=/w,task=a,pid=1,uid=0,pid=7,uid=0', '7|a,pid=1,uid=0|/w|/w'],
    [',oom_memcg=/w,task_memcg=/w,task=a,task=b,pid=7,uid=0', '7|a,task=b|/w|/w'],
    [
      ',oom_memcg=/w,task_memcg=/w/a,task=sshd,pid=1,uid=0,task=evil,pid=7,uid=0',
      '7|evil|/w/a,task=sshd,pid=1,uid=0|/w',
    ],
    [',oom_memcg=/w,task_memcg=/w/y,task_memcg=/v,task=x,pid=7,uid=0', '7|x|/w/y,task_memcg=/v|/w'],
    [
      ',oom_memcg=/w/x,task_memcg=/v,task_memcg=/w/x,task_memcg=/v/z,task=x,pid=7,uid=0',
      '7|x|/w/x,task_memcg=/v/z|/w/x,task_memcg=/v',
    ],
    [
      ',global_oom,task_memcg=/w/a,oom_memcg=/v,task_memcg=/v,task=x,pid=7,uid=0',
      '7|x|/w/a,oom_memcg=/v,task_memcg=/v|',
    ],
  ])('is not led astray by names: %s', (rest, told) => {
    expect(parse(kernel(rest))).toEqual([told]);
  });

  test('is not led astray by the name of a cpuset', () => {
    const rest = ',oom_memcg=/w,task_memcg=/w,task=x,pid=7,uid=0';
    expect(parse(kernel(rest, 'a,oom_memcg=,task_memcg=,global_oom,task=b'))).toEqual(['7|x|/w|/w']);
  });

  test('that is cut in pieces is put together, whatever stands between', () => {
    const other = '4,1,2,-;something else';
    const [head, ...rest] = [
      kernel(''),
      '6,2,2,c;,oom_memcg=/w',
      '6,3,2,c;,task_memcg=/w/a',
      '6,4,2,c;,task=x,pid=7,uid=0',
    ];
    expect(parse(head ?? '', other, ...rest)).toEqual(['7|x|/w/a|/w']);
    expect(parse(...rest)).toEqual([]);
    expect(parse(head ?? '', ...Array(65).fill(other), ...rest)).toEqual([]);
    expect(parse(head ?? '', kernel(',oom_memcg=/v'), ...rest.slice(1))).toEqual([]);
  });
});

describe.runIf(isRoot)('a process that is killed for want of memory', () => {
  let executor: Listening;

  beforeEach(async () => {
    executor = await Listening.start();
    mkdirSync(`${MEMORY}${NAME}`);
    writeFileSync(`${MEMORY}${NAME}/memory.limit_in_bytes`, `${16 * MIB}`);
  });
  afterEach(async () => {
    rmdirSync(`${MEMORY}${NAME}`);
    await executor.stop();
  });

  async function exhaust(cgroup: string, name = 'eater'): Promise<number> {
    const script =
      'echo $$ > "$1/cgroup.procs" && exec perl -e \'$0 = shift; print "$$\n"; my $much = 64 << 20; my $x = "x" x $much\' "$2"';
    const child = spawn('sh', ['-c', script, 'sh', cgroup, name], { stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    return child.pid ?? 0;
  }

  test('is told with its cgroup and the one whose limit it was, and none that was killed before', async () => {
    const before = await exhaust(`${MEMORY}${NAME}`);
    expect(await executor.ask('kernel-log')).toEqual(['ok']);
    expect(await executor.ask('kernel-log')).toEqual(['ok']);
    mkdirSync(`${MEMORY}${NAME}/below`);
    const pid = await exhaust(`${MEMORY}${NAME}/below`);
    expect(await executor.event(/^oom-kill /)).toBe(`oom-kill ${pid} eater ${NAME}/below ${NAME}`);
    await executor.settled();
    expect(executor.events.filter((event) => event.includes(` ${before} `))).toEqual([]);
    rmdirSync(`${MEMORY}${NAME}/below`);
  });

  test('is told by its right names, whatever it and its cgroup are called', async () => {
    await executor.ask('kernel-log');
    const below = `${NAME}/a,task_memcg=`;
    mkdirSync(`${MEMORY}${below}`);
    const pid = await exhaust(`${MEMORY}${below}`, 'x,task=y\\\n');
    expect(await executor.event(/^oom-kill /)).toBe(`oom-kill ${pid} x,task=y%5C%0A ${below} ${NAME}`);
    rmdirSync(`${MEMORY}${below}`);
  });

  test('is not one that somebody only wrote of', async () => {
    await executor.ask('kernel-log');
    for (const level of ['<0>', '<6>', '<4>', ''])
      writeFileSync('/dev/kmsg', `${level}${line(`,oom_memcg=${NAME},task_memcg=${NAME},task=x,pid=7,uid=0`)}`);
    const pid = await exhaust(`${MEMORY}${NAME}`);
    await executor.event(new RegExp(`^oom-kill ${pid} `));
    expect(executor.events.filter((event) => event.includes(' 7 '))).toEqual([]);
  });

  test('is told also after more was said than the kernel keeps', async () => {
    await executor.ask('kernel-log');
    process.kill(executor.pid, 'SIGSTOP');
    await exhaust(`${MEMORY}${NAME}`);
    // Nothing that anybody is shown.
    for (let times = 0; times < 3000; times += 1) writeFileSync('/dev/kmsg', `<7>${'hostler test '.repeat(70)}`);
    const last = await exhaust(`${MEMORY}${NAME}`);
    process.kill(executor.pid, 'SIGCONT');
    await executor.event(new RegExp(`^oom-kill ${last} `));
    expect(executor.events.length).toBe(1);
  });
});

test.runIf(isRoot)('without the kernel’s log that is said', async () => {
  const executor = await Listening.start('mount -t tmpfs none /dev');
  expect(await executor.ask('kernel-log')).toEqual(['fail 2 open /dev/kmsg']);
  await executor.stop();
});
