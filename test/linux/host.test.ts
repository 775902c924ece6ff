import { expect, test } from 'vitest';
import type { Channel, Request } from '../../src/linux/channel.ts';
import { executorHost, hostEvent } from '../../src/linux/host.ts';
import type { HostEvent } from '../../src/ports/host.ts';

/** Lines of the protocol and what they mean; the kinds of uevents-lost and refused are the executor's words. */
const EVENTS: readonly (readonly [line: string, event: HostEvent | undefined])[] = [
  [
    'uevent kernel remove 4711 tty /devices/x %',
    {
      kind: 'uevent',
      uevent: { group: 'kernel', action: 'remove', seqnum: 4711n, subsystem: 'tty', devpath: '/devices/x' },
    },
  ],
  [
    'uevent udev move 18446744073709551615 net /devices/b /devices/a',
    {
      kind: 'uevent',
      uevent: {
        group: 'udev',
        action: 'move',
        seqnum: 18446744073709551615n,
        subsystem: 'net',
        devpath: '/devices/b',
        oldDevpath: '/devices/a',
      },
    },
  ],
  ['uevent nobody add 1 tty /devices/x %', undefined],
  ['uevent udev explode 1 tty /devices/x %', undefined],
  ['uevent udev add one tty /devices/x %', undefined],
  ['uevents-lost overflow', { kind: 'uevents-lost', reason: 'overflow' }],
  ['uevent-refused injected 4711 12', { kind: 'uevent-refused', reason: 'injected', pid: 4711, count: 12 }],
  ['udevd up', { kind: 'udevd', running: true }],
  ['udevd gone', { kind: 'udevd', running: false }],
  ['guest-gone web1', { kind: 'guest-gone', guest: 'web1' }],
  ['guest-suspect web1', { kind: 'guest-suspect', guest: 'web1' }],
  ['changed web1 dev/bus 300', { kind: 'guest-changed', guest: 'web1', path: '/dev/bus', replaced: false }],
  ['changed web1 dev/bus 400', { kind: 'guest-changed', guest: 'web1', path: '/dev/bus', replaced: true }],
  ['changed web1 dev/bus 800', { kind: 'guest-changed', guest: 'web1', path: '/dev/bus', replaced: true }],
  ['changed web1 dev/bus 2000', { kind: 'guest-changed', guest: 'web1', path: '/dev/bus', replaced: true }],
  ['changed web1 dev/bus 8100', { kind: 'guest-changed', guest: 'web1', path: '/dev/bus', replaced: true }],
  ['changed web1 dev 10000', { kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: true }],
  ['changed-host lxc-guests 100 web1', { kind: 'folder-changed', id: 'lxc-guests', name: 'web1' }],
  ['changed-host lxc-guests 8000 %', { kind: 'folder-changed', id: 'lxc-guests', name: '', gone: true }],
  [
    'refused 3 77 hog /lxc.payload.web1/a',
    { kind: 'refused', count: 3, pid: 77, command: 'hog', cgroup: '/lxc.payload.web1/a' },
  ],
  ['refused-unknown 5 lost', { kind: 'refused-unknown', count: 5, reason: 'lost' }],
  ['refused-unknown 5 gone', { kind: 'refused-unknown', count: 5, reason: 'gone' }],
  ['systemd reloaded', { kind: 'systemd', state: 'reloaded' }],
  ['systemd of-tomorrow', undefined],
  ['unit lxc@web1.service ends', { kind: 'unit', unit: 'lxc@web1.service', ends: true }],
  [
    'unit-exit systemd-nspawn@web1.service 1 133',
    { kind: 'unit-exit', unit: 'systemd-nspawn@web1.service', status: 133 },
  ],
  ['unit-exit systemd-nspawn@web1.service 2 9', { kind: 'unit-exit', unit: 'systemd-nspawn@web1.service' }],
  ['unit lxc@web1.service settled', { kind: 'unit', unit: 'lxc@web1.service', ends: false }],
  ['watch-overflow', { kind: 'watch-overflow' }],
  ['hook 0 nudge web1 0 4711 0', { kind: 'nudge', guest: 'web1', pid: 4711 }],
  ['hook 0 nudge % 0 4711 0', { kind: 'nudge', guest: '', pid: 4711 }],
  ['hook t7 start web1 0 4711 815', { kind: 'guest-starts', guest: 'web1', token: 't7', initPid: 815 }],
  ['of-tomorrow a b c', undefined],
];

test.each(EVENTS)('event %s', (line, event) => {
  const [kind = '', ...words] = line.split(' ').map((word) => (word === '%' ? '' : word));
  expect(hostEvent(kind, words)).toEqual(event);
});

/** A line to an executor that refuses from this request on. */
function refusingFrom(first: number) {
  const asked: Request[] = [];
  const failed = { errno: 'ETIMEDOUT', call: 'systemd', subject: '' } as const;
  const channel: Channel = {
    pid: 1,
    async request(...request) {
      asked.push(request);
      return asked.length < first ? { ok: true, value: { rows: [], words: [] } } : { ok: false, failed };
    },
    requests: async () => [],
    close: async () => {},
  };
  return { host: executorHost(channel), asked, failed };
}

const many = Array.from({ length: 2500 }, (_, minor) => ({ number: `c:189:${minor}`, access: 'rw' }) as const);

test('however much is taken back, each of it is named once, and no request has more than the executor takes', async () => {
  const { host, asked } = refusingFrom(9);
  expect(await host.takeBack('/a.service', many)).toEqual({ ok: true, value: undefined });
  expect(asked.map(({ length }) => length - 2)).toEqual([1024, 1024, 452]);
  expect(asked.flatMap(([, , ...grants]) => grants)).toEqual(many.map(({ number }) => `${number}:rw`));
});

test('what is not taken back is said, and no more is asked', async () => {
  const { host, asked, failed } = refusingFrom(2);
  expect(await host.takeBack('/a.service', many)).toEqual({ ok: false, failed });
  expect(asked.length).toBe(2);
});

test('a folder or program that is watched is given back under its id', async () => {
  const { host, asked } = refusingFrom(9);
  await host.watchFolder('unit:1', '/run/a');
  await host.watchProgram('tool:1', '/usr/bin/a');
  await host.watchRuns('tool:2', '/usr/bin/b');
  await host.unwatch('unit:1');
  expect(asked).toEqual([
    ['watch-host', 'unit:1', '/run/a'],
    ['watch-program', 'tool:1', '/usr/bin/a'],
    ['watch-runs', 'tool:2', '/usr/bin/b'],
    ['unwatch-host', 'unit:1'],
  ]);
});
