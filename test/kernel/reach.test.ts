import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeWord } from '../../src/linux/wire.ts';
import { eventually } from '../scenarios/eventually.ts';
import { BootedGuest } from './booted-guest.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { INITS, packagesOf } from './real-inits.ts';

const PLAIN = INITS.find(({ name }) => name === 'plain') ?? INITS[0];
if (PLAIN === undefined) throw new Error('no init');
const { lack } = packagesOf(PLAIN);

describe.skipIf(!isRoot)('whether a guest is ready', () => {
  let executor: ExecutorClient;
  let guest: BootedGuest;
  let server: Server | undefined;

  beforeEach(async ({ skip }) => {
    skip(lack !== undefined, lack);
    executor = new ExecutorClient();
    guest = await BootedGuest.start(PLAIN);
    await eventually(async () => expect(await inside('true')).toBe('ok 0 %'));
  });
  afterEach(async () => {
    if (lack !== undefined) return;
    server?.close();
    server = undefined;
    await guest.stop();
    await executor.stop();
  });

  const inside = (script: string) => executor.tell(`run-inside ${guest.named} 60 sh -c ${encodeWord(script)}`);
  const reach = (words: string) => executor.tell(`reach ${guest.named} ${words}`);

  test('is told by a port of its own network, as soon as somebody listens', async () => {
    const ours = createServer().listen(0);
    server = ours;
    const address = ours.address();
    const port = typeof address === 'object' ? address?.port : 0;
    expect(await reach(`tcp ${port}`)).toBe('ok no');
    expect(await inside(`nc -l -p ${port} > /tmp/said 2>&1 &`)).toBe('ok 0 %');
    await eventually(async () => expect(await reach(`tcp ${port}`)).toBe('ok yes'));
    expect(await reach(`tcp ${port === 5432 ? 5433 : 5432}`)).toBe('ok no');
    expect(await reach(`tcp ${port}`)).toBe('ok yes'); // one that took a connection would not listen any more
  });

  test('is told by a socket: not by one that nobody listens on', async () => {
    expect(await reach('unix /tmp/x.sock')).toBe('ok no');
    const ours = createServer();
    server = ours;
    await new Promise<void>((resolve) => ours.listen(`/proc/${guest.named.split(' ')[0]}/root/tmp/x.sock`, resolve));
    expect(await reach('unix /tmp/x.sock')).toBe('ok yes');
    expect(await inside('ln -s /tmp /run/elsewhere && echo > /tmp/file')).toBe('ok 0 %');
    expect(await reach('unix /run/elsewhere/x.sock')).toBe('ok yes');
    expect(await reach('unix /tmp/file')).toBe('ok no');
    expect(await inside('ln /tmp/x.sock /tmp/left.sock')).toBe('ok 0 %'); // what is left when the name goes
    await new Promise((resolve) => ours.close(resolve));
    expect(await reach('unix /tmp/x.sock')).toBe('ok no');
    expect(await reach('unix /tmp/left.sock')).toBe('ok no');
  });

  test('is told by a socket for datagrams', async () => {
    expect(await inside('busybox syslogd -O /tmp/log')).toBe('ok 0 %');
    await eventually(async () => expect(await reach('unix /dev/log')).toBe('ok yes'));
  });

  test('is told by a file of its own, wherever its links lead', async () => {
    expect(await reach('file /run/ready')).toBe('ok no');
    expect(await inside('ln -s /../../tmp/made /run/ready; ln -s /proc/1/root/etc /run/magic')).toBe('ok 0 %');
    expect(await reach('file /run/ready')).toBe('ok no');
    expect(await inside('echo > /tmp/made')).toBe('ok 0 %');
    expect(await reach('file /run/ready')).toBe('ok yes');
    expect(await reach('file /run/ready/below')).toBe('ok no');
    expect(await reach('file /run/magic')).toBe('fail 40 openat2 /run/magic');
    expect(await reach(`file ${import.meta.dirname}`)).toBe('ok no');
  });

  test('is of this guest only', async () => {
    const [pid = '', start = '', cgroup = ''] = guest.named.split(' ');
    expect(await executor.tell(`reach ${pid} ${BigInt(start) + 1n} ${cgroup} file /`)).toBe(`fail 3 guest ${pid}`);
    expect(await executor.tell(`reach ${pid} ${start} /nowhere file /`)).toBe('fail 1 cgroup /nowhere');
    for (const words of ['tcp 0', 'tcp 65536', 'tcp x', 'unix run/x', 'file run/x', 'udp 53', 'file'])
      expect(await reach(words)).toBe('fail 22 protocol reach');
  });
});
