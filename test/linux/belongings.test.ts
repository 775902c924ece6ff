import { expect, test } from 'vitest';
import { executorBelongings } from '../../src/linux/belongings.ts';
import type { Channel, Reply, Request } from '../../src/linux/channel.ts';
import { encodeWord } from '../../src/linux/wire.ts';
import type { Belonging } from '../../src/model/belongings.ts';

const OF = { pid: 31, startTime: '99', cgroup: '/lxc.payload.web1' };
const NET: Belonging = { kind: 'net', id: 'net:4026532:17', name: '' };
const LINK: Belonging = { kind: 'link', id: 'link:7:2:fe0102030405:veth:A', name: 'veth:A' };
const CGROUP: Belonging = { kind: 'cgroup', id: 'cgroup:24:1041:/lxc.payload.web1', name: '/lxc.payload.web1' };
const LOOP: Belonging = { kind: 'loop', id: 'loop:3:41:2049:77:/a:b', name: '/dev/loop3 (/a:b)' };
const ROOT: Belonging = { kind: 'root', id: 'root:0:57:0:2302', name: '' };

function keeper(rows: Reply['rows'] = []) {
  const asked: Request[] = [];
  const channel: Channel = {
    async request(...request) {
      asked.push(request);
      return { ok: true, value: { words: [], rows } };
    },
    requests: async () => [],
    pid: undefined,
    close: async () => undefined,
  };
  return { asked, belongings: executorBelongings(channel) };
}

test('what a guest has is known by its word, and what another executor may name besides is left out', async () => {
  const { asked, belongings } = keeper([[NET.id], [LINK.id], [CGROUP.id], [LOOP.id], [ROOT.id], ['disk:3']]);
  expect(await belongings.of(OF, ['/lxc.monitor.web1'])).toEqual({ ok: true, value: [NET, LINK, CGROUP, LOOP, ROOT] });
  expect(asked).toEqual([['belongings', '31', '99', '/lxc.payload.web1', '/lxc.monitor.web1']]);
});

test('who keeps something is told with that, and with nothing else', async () => {
  const rows = [
    ['pinner', '412', '70', 'nc', 'in', '/user.slice', ''],
    ['pinner', '413', '71', 'sh', 'mounted', '/', '/run/netns/blue'],
    ['left', NET.id],
    ['left', CGROUP.id],
  ];
  const { asked, belongings } = keeper(rows);
  expect(await belongings.left([NET, LINK, CGROUP])).toEqual({
    ok: true,
    value: [
      {
        ...NET,
        pinners: [
          { pid: 412, startTime: '70', command: 'nc', how: 'in', cgroup: '/user.slice', mount: '' },
          { pid: 413, startTime: '71', command: 'sh', how: 'mounted', cgroup: '/', mount: '/run/netns/blue' },
        ],
      },
      { ...CGROUP, pinners: [] },
    ],
  });
  expect(asked).toEqual([['leavings', NET.id, LINK.id, CGROUP.id]]);
});

test('what is too much for one request is asked in parts, and an interface never without its namespace', async () => {
  const links = Array.from({ length: 1500 }, (_, n): Belonging => ({ ...LINK, id: `${LINK.id}${n}` }));
  const name = '\x01'.repeat(4095);
  const loops = Array.from({ length: 9 }, (_, n): Belonging => ({ ...LOOP, id: `loop:${n}:41:2049:77:${name}` }));
  const has = [CGROUP, NET, ...links, ROOT, ...loops];
  const { asked, belongings } = keeper([
    ['left', NET.id],
    ['left', links[1400]?.id ?? ''],
    ['left', loops[8]?.id ?? ''],
  ]);
  const answer = await belongings.left(has);
  expect(answer.ok && answer.value.map(({ id }) => id)).toEqual([NET.id, links[1400]?.id, loops[8]?.id]);
  for (const request of asked) {
    expect(`1.1 ${request.map(encodeWord).join(' ')}\n`.length).toBeLessThan(65_536);
    expect(request.length).toBeLessThan(2048);
    const firstLink = request.findIndex((word) => word.startsWith('link:'));
    if (firstLink >= 0) expect(request.slice(1, firstLink)).toContain(NET.id);
    expect(request.filter((word) => word.startsWith('loop:')).length).toBeLessThanOrEqual(2);
  }
  expect(new Set(asked.flatMap(([, ...words]) => words))).toEqual(new Set(has.map(({ id }) => id)));
});

test('nobody is asked where there is nothing', async () => {
  const { asked, belongings } = keeper();
  expect(await belongings.left([])).toEqual({ ok: true, value: [] });
  expect(asked).toEqual([]);
});

test('an interface is taken away by its namespace, a cgroup by itself', async () => {
  const { asked, belongings } = keeper();
  await belongings.takeAway(OF, LINK, [NET, LINK, CGROUP]);
  await belongings.takeAway(OF, CGROUP, [NET, LINK, CGROUP]);
  expect(asked).toEqual([
    ['take-away', '31', '99', LINK.id, NET.id],
    ['take-away', '31', '99', CGROUP.id],
  ]);
});

test('what LXC’s monitors share is where their own cgroups were, and asked for only where there was one', async () => {
  const { asked, belongings } = keeper();
  const monitors = ['cgroup:24:9:/lxc.monitor.web1', 'cgroup:25:9:/system.slice/lxc.monitor.web1-1'].map(
    (id): Belonging => ({ kind: 'cgroup', id, name: id.replace(/^.*:/, '') }),
  );
  expect(await belongings.clearShared([NET, CGROUP, ...monitors, LINK])).toEqual({ ok: true, value: undefined });
  expect(await belongings.clearShared([NET, CGROUP])).toEqual({ ok: true, value: undefined });
  expect(asked).toEqual([['clear-pivot', ...monitors.map(({ id }) => id)]]);
});
