import { expect, test } from 'vitest';
import type { Channel, Reply, Request } from '../../src/linux/channel.ts';
import { guestExecutor, toRequest } from '../../src/linux/executor.ts';
import type { Action } from '../../src/model/action.ts';
import type { Answer } from '../../src/ports/executor.ts';

const node = { path: '/dev/a b', number: 'c:189:4' } as const;
const news = {
  kernel: { DEVPATH: '/devices/x', SUBSYSTEM: 'usb', DEVNAME: 'scanner' },
  udev: { ID_MODEL: 'A b' },
  tags: ['scanner'],
  links: ['/dev/front'],
  initializedUsec: '4711',
};
const ownership = { mode: 0o60, uid: 0, gid: 107 };

/** One of every verb: a verb that is missing here does not compile. */
const LINES: { readonly [Verb in Action['verb']]: readonly [Extract<Action, { verb: Verb }>, ...string[]] } = {
  confine: [{ verb: 'confine' }, 'web1'],
  'adopt-program': [
    {
      verb: 'adopt-program',
      allowed: [
        { number: 'c:1:3', access: 'rwm' },
        { number: 'c:136:*', access: 'r' },
      ],
    },
    'web1',
    'c:1:3:rwm',
    'c:136:*:r',
  ],
  'join-program': [{ verb: 'join-program', allowed: [{ number: 'c:1:3', access: 'rwm' }] }, 'web1', 'c:1:3:rwm'],
  grant: [{ verb: 'grant', number: 'c:189:4', access: 'rw' }, 'web1', 'c:189:4', 'rw'],
  revoke: [{ verb: 'revoke', number: 'b:7:1', access: 'w' }, 'web1', 'b:7:1', 'w'],
  'make-folder': [{ verb: 'make-folder', path: '/dev/bus' }, 'web1', 'dev/bus'],
  'remove-folder': [{ verb: 'remove-folder', path: '/dev/bus' }, 'web1', 'dev/bus'],
  'make-node': [{ verb: 'make-node', ...node, ownership }, 'web1', 'dev/a b', 'c:189:4', '0060', '0', '107'],
  'set-node': [{ verb: 'set-node', ...node, ownership }, 'web1', 'dev/a b', 'c:189:4', '0060', '0', '107'],
  'remove-node': [{ verb: 'remove-node', ...node }, 'web1', 'dev/a b', 'c:189:4'],
  'make-link': [{ verb: 'make-link', path: '/dev/front', target: '/dev/a' }, 'web1', 'dev/front', '/dev/a'],
  'remove-link': [{ verb: 'remove-link', path: '/dev/front', target: '/dev/a' }, 'web1', 'dev/front', '/dev/a'],
  'let-listen': [{ verb: 'let-listen' }, 'web1'],
  tell: [
    { verb: 'tell', event: 'add', number: 'c:189:4', news },
    'web1',
    'add',
    'c:189:4',
    'K:DEVPATH=/devices/x',
    'K:SUBSYSTEM=usb',
    'K:DEVNAME=scanner',
    'S:front',
    'I:4711',
    'E:ID_MODEL=A b',
    'G:scanner',
    'Q:scanner',
  ],
  signal: [{ verb: 'signal', pid: 7, startTime: '99', signal: 'TERM', command: 'saned' }, 'web1', '7', '99', 'TERM'],
};

const lines = Object.values<readonly [Action, ...string[]]>(LINES).map(([action, ...words]) => ({ action, words }));

test.each(lines)('$action.verb is one line', ({ action, words }) => {
  expect(toRequest('web1', action)).toEqual([action.verb, ...words]);
});

const disk = { number: 'b:7:1', diskseq: '4711' } as const;
const aboutDisks: readonly { readonly action: Action; readonly words: readonly string[] }[] = [
  { action: { verb: 'grant', access: 'rw', ...disk }, words: ['web1', 'b:7:1', 'rw', '4711'] },
  {
    action: { verb: 'make-node', path: '/dev/disk', ownership, ...disk },
    words: ['web1', 'dev/disk', 'b:7:1', '0060', '0', '107', '4711'],
  },
  {
    action: {
      verb: 'adopt-program',
      allowed: [
        { access: 'r', ...disk },
        { number: 'b:8:*', access: 'm' },
      ],
    },
    words: ['web1', 'b:7:1:r:4711', 'b:8:*:m'],
  },
];

test.each(aboutDisks)('$action.verb names the disk that was decided on', ({ action, words }) => {
  expect(toRequest('web1', action)).toEqual([action.verb, ...words]);
});

/** A line to an executor that answers from a list and keeps what it was asked. */
function scripted(answer: (request: Request) => Partial<Reply>) {
  const asked: Request[] = [];
  const plans: (readonly Request[])[] = [];
  const reply = (request: Request): Answer<Reply> => {
    asked.push(request);
    return { ok: true, value: { rows: [], words: [], ...answer(request) } };
  };
  const channel: Channel = {
    pid: 1,
    request: async (...request) => reply(request),
    async requests(plan) {
      plans.push(plan);
      return plan.map(reply);
    },
    close: async () => {},
  };
  return { executor: guestExecutor(channel), asked, plans };
}

test('rows of observe are entries', async () => {
  const rows = [
    ['dev/n', 'char', 'c:1:3', '0666', '0', '7', 'made'],
    ['dev/b', 'block', 'b:7:0', '2640', '1', '2', 'bound'],
    ['dev/l', 'link', '-', '0777', '0', '0', '/dev/n'],
    ['dev/e', 'folder', '-', '0755', '0', '0', '0'],
    ['dev/f', 'folder', '-', '0755', '0', '0', '1'],
    ['dev/p', 'fifo', '-', '0644', '0', '0', '-'],
    ['dev/s', 'socket', '-', '0644', '0', '0', '-'],
    ['dev/t', 'file', '-', '0644', '0', '0', '-'],
    ['dev/a', 'absent', '-', '-', '-', '-', '-'],
    ['dev/r', 'refused', '-', '-', '-', '-', '40'],
  ];
  const { executor } = scripted(() => ({ rows }));
  expect(await executor.observe('web1', ['/dev/n'])).toEqual({
    ok: true,
    value: new Map<string, unknown>([
      ['/dev/n', { kind: 'device', number: 'c:1:3', ownership: { mode: 0o666, uid: 0, gid: 7 } }],
      ['/dev/b', { kind: 'device', number: 'b:7:0', ownership: { mode: 0o2640, uid: 1, gid: 2 } }],
      ['/dev/l', { kind: 'link', target: '/dev/n' }],
      ['/dev/e', { kind: 'folder', empty: true }],
      ['/dev/f', { kind: 'folder', empty: false }],
      ['/dev/p', { kind: 'fifo' }],
      ['/dev/s', { kind: 'socket' }],
      ['/dev/t', { kind: 'file' }],
      ['/dev/a', { kind: 'absent' }],
      ['/dev/r', { kind: 'refused', errno: 'ELOOP' }],
    ]),
  });
});

test('however many paths are looked at, no line is too long and every path is asked for once', async () => {
  const paths = Array.from({ length: 150 }, (_, index) => `/dev/${index}`);
  const { executor, asked } = scripted(() => ({}));
  await executor.observe('web1', paths);
  expect(asked.map((request) => request.length - 2)).toEqual([64, 64, 22]);
  expect(asked.flatMap(([, , ...words]) => words)).toEqual(paths.map((path) => path.slice(1)));
});

test('a long plan goes in pieces that the executor takes, and ends with the piece that failed', async () => {
  const actions = Array.from({ length: 300 }, (_, index): Action => ({ verb: 'make-folder', path: `/dev/${index}` }));
  const { executor, plans } = scripted(() => ({}));
  expect((await executor.apply('web1', actions)).map(({ ok }) => ok)).toEqual(actions.map(() => true));
  expect(plans.map((plan) => plan.length)).toEqual([128, 128, 44]);
});

test.each([
  ['ok', '1', '8:2', 'host', 'confined-v1', { dev: 'host', policy: 'confined' }],
  ['ok', '1', '8:2', 'guest', 'confined-v2', { dev: 'guest', policy: 'confined' }],
  ['ok', '1', '8:2', 'host', 'open', { dev: 'host', policy: 'open' }],
  ['ok', '1', '8:2', 'guest', 'foreign', { dev: 'guest', policy: 'foreign' }],
] as const)('a guest is opened: %s %s %s %s %s', async (_ok, startTime, root, dev, policy, value) => {
  const { executor, asked } = scripted(() => ({ words: [startTime, root, dev, policy] }));
  expect(await executor.open('web1', { pid: 7, startTime: '1', cgroup: '/c' })).toEqual({ ok: true, value });
  expect(asked).toEqual([['guest-open', 'web1', '7', '/c']]);
});

test('what a unit allows by path or name is not held: nobody can say under which number', async () => {
  const rows = [
    ['c:188:0', 'rw', 'named'],
    ['c:188:1', 'r'],
  ];
  const { executor } = scripted(() => ({ rows, words: ['2', 'confined-unit'] }));
  const value = { policy: 'confined', grants: [{ number: 'c:188:1', access: 'r' }] };
  expect(await executor.grants('web1')).toEqual({ ok: true, value });
});

test.each([
  ['foreign', ['held', '77'], { policy: 'foreign', grants: [], heldProgram: '77' }],
  ['drifted', ['held', '77'], { policy: 'drifted', grants: [], heldProgram: '77' }],
  ['foreign', ['unread'], { policy: 'foreign', grants: [] }],
  ['foreign', ['unread', '77'], { policy: 'foreign', grants: [], unreadProgram: '77' }],
  ['drifted', [], { policy: 'drifted', grants: [], runtime: [] }],
  ['open', ['adoptable'], { policy: 'open', grants: [], adoptable: true }],
  ['open', [], { policy: 'open', grants: [] }],
])("somebody's program, or none, makes it %s, %s", async (policy, more, value) => {
  const { executor } = scripted(() => ({ words: ['0', policy, ...more] }));
  expect(await executor.grants('web1')).toEqual({ ok: true, value });
});

test('rows of grants and holders are values', async () => {
  const { executor } = scripted(([verb]) =>
    verb === 'grants'
      ? {
          rows: [
            ['c:188:*', 'rw'],
            ['a:*:*', 'rwm'],
          ],
          words: ['2', 'confined-v1'],
        }
      : { rows: [['7', '99', 'minicom']], words: ['1'] },
  );
  expect(await executor.grants('web1')).toEqual({
    ok: true,
    value: {
      policy: 'confined',
      grants: [
        { number: 'c:188:*', access: 'rw' },
        { number: 'a:*:*', access: 'rwm' },
      ],
    },
  });
  expect(await executor.holders('web1', 'c:188:0')).toEqual({
    ok: true,
    value: [{ pid: 7, startTime: '99', command: 'minicom', number: 'c:188:0' }],
  });
});
