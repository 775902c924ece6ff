import { expect, test } from 'vitest';
import { HALT_WAYS } from '../../src/lifecycle/halt-ways.ts';
import type { Channel, Reply, Request } from '../../src/linux/channel.ts';
import { executorLife } from '../../src/linux/life.ts';

const OF = { pid: 31, startTime: '99', cgroup: '/lxc.payload.web1' };

function life(reply: Reply) {
  const asked: Request[] = [];
  const channel: Channel = {
    async request(...request) {
      asked.push(request);
      return { ok: true, value: reply };
    },
    requests: async () => [],
    pid: undefined,
    close: async () => undefined,
  };
  return { asked, life: executorLife(channel) };
}

test('what an init is, and what it listens to, is read', async () => {
  const words = [
    '/bin/busybox',
    'init',
    '0000000000000001',
    '0000000000000000',
    '8000000000000002',
    '-',
    'fifo',
    '24:7',
  ];
  const { asked, life: one } = life({ words, rows: [] });
  expect(await one.initState(OF)).toEqual({
    ok: true,
    value: {
      facts: {
        exe: '/bin/busybox',
        comm: 'init',
        blocked: 1n,
        ignored: 0n,
        caught: (1n << 63n) | 2n,
        hasInitctl: true,
      },
      cgroupId: '24:7',
    },
  });
  expect(asked).toEqual([['init-state', '31', '99', '/lxc.payload.web1']]);
  const waiting = await life({ words: words.with(5, '0000000000000800').with(6, '-'), rows: [] }).life.initState(OF);
  expect(waiting.ok && waiting.value.facts).toMatchObject({ waited: 1n << 11n, hasInitctl: false });
});

test('a start names the runtime and the guest, and where LXC has it when that is not where LXC looks', async () => {
  const { asked, life: one } = life({ words: [], rows: [] });
  expect(await one.start({ runtime: 'lxc', name: 'web1' })).toEqual({ ok: true, value: undefined });
  await one.start({ runtime: 'nspawn', name: 'web1' });
  await one.start({ runtime: 'lxc', name: 'web1', folder: '/srv/lxc' });
  expect(asked).toEqual([
    ['start-guest', 'lxc', 'web1'],
    ['start-guest', 'nspawn', 'web1'],
    ['start-guest', 'lxc', 'web1', '/srv/lxc'],
  ]);
});

test('whether a guest is ready is asked inside, but for an address', async () => {
  const { asked, life: one } = life({ words: ['yes'], rows: [] });
  expect(await one.reaches(OF, { kind: 'tcp', port: 5432 })).toEqual({ ok: true, value: true });
  await one.reaches(OF, { kind: 'socket', path: '/run/x.sock' });
  await one.reaches(OF, { kind: 'file', path: '/run/ready' });
  const named = ['31', '99', '/lxc.payload.web1'];
  expect(asked).toEqual([
    ['reach', ...named, 'tcp', '5432'],
    ['reach', ...named, 'unix', '/run/x.sock'],
    ['reach', ...named, 'file', '/run/ready'],
  ]);
  expect(await life({ words: ['no'], rows: [] }).life.reaches(OF, { kind: 'tcp', port: 5432 })).toEqual({
    ok: true,
    value: false,
  });
  asked.length = 0;
  expect(await one.reaches(OF, { kind: 'tcp', host: '127.0.0.1', port: 1 })).toEqual({ ok: true, value: false });
  expect(asked).toEqual([]);
});

test('every way to halt is one request', async () => {
  const { asked, life: one } = life({ words: [], rows: [] });
  for (const { halt } of Object.values(HALT_WAYS)) if (halt.kind !== 'command') await one.halt(OF, halt);
  expect(new Set(asked.map((request) => request.slice(4).join(' ')))).toEqual(
    new Set(['signal 37', 'initctl 0', 'signal 12', 'signal 30', 'runit', 'signal 15']),
  );
});

test('programs, signals and the kill name that start of the guest', async () => {
  const row = ['7', '5', '1', 'D', 'nfsd', 'rpc_wait', '0', '/x'];
  const { asked, life: one } = life({ words: ['3', 'said'], rows: [row] });
  expect(await one.run(OF, 20, ['pg_ctl', 'stop'])).toEqual({ ok: true, value: { status: 3, output: 'said' } });
  expect(await one.terminate(OF)).toEqual({ ok: true, value: 3 });
  expect(await one.evidence(OF, '24:7')).toEqual({
    ok: true,
    value: {
      named: [{ pid: 7, startTime: '5', state: 'D', command: 'nfsd', waitsIn: 'rpc_wait', call: '0', cgroup: '/x' }],
      count: 3,
    },
  });
  expect(await one.kill(OF, '24:7')).toEqual({ ok: true, value: 3 });
  expect(await one.watchEnd('web1', OF, '24:7')).toEqual({ ok: true, value: '3' });
  await one.unwatchEnd('web1');
  const named = ['31', '99', '/lxc.payload.web1'];
  expect(asked).toEqual([
    ['run-inside', ...named, '20', 'pg_ctl', 'stop'],
    ['terminate', ...named],
    ['evidence', ...named, '24:7'],
    ['kill-guest', ...named, '24:7'],
    ['watch-end', ...named, 'web1', '24:7'],
    ['unwatch-end', 'web1'],
  ]);
});

test('where the ID of its cgroup is not known its init alone names it', async () => {
  const { asked, life: one } = life({ words: ['0'], rows: [] });
  await one.evidence(OF, '');
  await one.kill(OF, '');
  expect(asked.map((request) => request.slice(4))).toEqual([[], ['-']]);
});

test('a program of the host knows the guest, and what it says of its failure is passed on', async () => {
  const { life: one } = life({ words: [], rows: [] });
  expect(await one.runOnHost('web1', 5, ['/bin/sh', '-c', 'test "$HOSTLER_GUEST" = web1'])).toBeUndefined();
  expect(await one.runOnHost('web1', 5, ['/bin/sh', '-c', 'echo no >&2; exit 3'])).toBe('ended with 3: no');
});
