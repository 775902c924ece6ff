import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { loadFolder } from '../../src/config/load-folder.ts';
import { problemText } from '../../src/config/problem-text.ts';
import { complaintsHere, folderOf } from './folder.ts';

async function guestOf(text: string) {
  const loaded = await loadFolder(folderOf({ 'guests/web1.yaml': `guest: web1\n${text}` }), {}, () => {});
  expect(loaded.problems).toEqual([]);
  return loaded.ok ? loaded.config.guests[0] : undefined;
}

test('a guest whose file says nothing of its life has nothing of it', async () => {
  expect(await guestOf('')).toEqual({ guest: 'web1' });
});

test('what is left out of start, stop and restart has its usual value', async () => {
  expect(await guestOf('start: {}\nstop: {}\nrestart: { crash: {}, reboot: {} }')).toEqual({
    guest: 'web1',
    start: { auto: false, marks: ['default'], after: [], ready: { kind: 'armed' }, timeoutMs: 60_000, late: 'hold' },
    stop: { timeoutMs: 60_000, before: [] },
    restart: {
      crash: { delayMs: 1000, mostMs: 300_000, stableMs: 600_000, budget: 10 },
      reboot: { budget: 10, withinMs: 3_600_000 },
    },
  });
});

test('everything is read', async () => {
  const text = `start:
  auto: true
  marks: [default, edge]
  after: [web0]
  timeout: 90s
  late: continue
stop:
  timeout: 2m
  before:
    - { command: [pg_ctl, stop, ""], timeout: 40s }
    - { command: [/usr/bin/logger, stops], timeout: 500ms, where: host }
restart:
  crash: { delay: 500ms, most: 1m, stable: 1h, budget: 3 }
  reboot: { budget: 2, within: 5m }`;
  expect(await guestOf(text)).toMatchObject({
    start: { auto: true, marks: ['default', 'edge'], after: ['web0'], timeoutMs: 90_000, late: 'continue' },
    stop: {
      timeoutMs: 120_000,
      before: [
        { words: ['pg_ctl', 'stop', ''], timeoutMs: 40_000, where: 'guest' },
        { words: ['/usr/bin/logger', 'stops'], timeoutMs: 500, where: 'host' },
      ],
    },
    restart: {
      crash: { delayMs: 500, mostMs: 60_000, stableMs: 3_600_000, budget: 3 },
      reboot: { budget: 2, withinMs: 300_000 },
    },
  });
});

test('programs before the halt may take half of the time', async () => {
  const text = 'stop: { timeout: 40s, before: [{ command: [a], timeout: 15s }, { command: [b], timeout: 5s }] }';
  expect(await guestOf(text)).toMatchObject({ stop: { timeoutMs: 40_000 } });
});

test.each([
  ['armed', { kind: 'armed' }],
  ['{ tcp: 5432 }', { kind: 'tcp', port: 5432 }],
  ['{ tcp: "10.0.0.5:5432" }', { kind: 'tcp', host: '10.0.0.5', port: 5432 }],
  ['{ tcp: "[fd00::5]:80" }', { kind: 'tcp', host: 'fd00::5', port: 80 }],
  ['{ socket: /run/x.sock }', { kind: 'socket', path: '/run/x.sock' }],
  ['{ file: /run/ready }', { kind: 'file', path: '/run/ready' }],
  ['{ command: [pg_isready, -q] }', { kind: 'command', words: ['pg_isready', '-q'] }],
  ['{ delay: 10s }', { kind: 'delay', delayMs: 10_000 }],
])('ready: %s', async (ready, model) => {
  expect((await guestOf(`start: { ready: ${ready} }`))?.start?.ready).toEqual(model);
});

test.each([
  ['openrc', { kind: 'init', init: 'openrc' }],
  ['{ signal: 37 }', { kind: 'signal', signal: 37 }],
  ['{ initctl: 0 }', { kind: 'initctl', level: 0 }],
  ['{ command: [poweroff] }', { kind: 'command', words: ['poweroff'] }],
])('halt: %s', async (halt, model) => {
  expect((await guestOf(`stop: { halt: ${halt} }`))?.stop?.halt).toEqual(model);
});

test('a guest that is not to be started again has no restart', async () => {
  expect((await guestOf('restart: { crash: off }'))?.restart).toEqual({});
});

test('a guest that may not reboot', async () => {
  expect((await guestOf('restart: { reboot: off }'))?.restart).toEqual({ reboot: 'off' });
});

const READY =
  'armed, notify, or one such as { tcp: 5432 }, { socket: /run/x.sock }, { file: /run/ready } or { delay: 10s }';
const HALT = 'the kind of its init, such as systemd, or one such as { signal: 37 } or { command: [poweroff] }';
const CRASH = 'off, or { delay: 1s, most: 5m, stable: 10m, budget: 10 }';
const WORDS = 'a list of words, such as [poweroff]; there is no shell';
const PORT = 'a port from 1 to 65535, or an address of the guest such as "10.0.0.5:5432"';

test.each([
  ['start: yes', '2:8: start cannot be the text "yes"; write how it is started, such as { auto: true }'],
  ['start: { auto: yes }', '2:16: start.auto cannot be the text "yes"; write true or false'],
  ['auto: true', '2:1: unknown key "auto"; write it under "start"'],
  ['halt: systemd', '2:1: unknown key "halt"; write it under "stop"'],
  ['start: { after: db1 }', '2:17: start.after cannot be the text "db1"; write a list of guests, such as [db1]'],
  ['start: { marks: [] }', '2:17: start.marks is an empty list; write a list of names, such as [edge]'],
  [
    'start: { marks: ["a b"] }',
    '2:18: an entry of start.marks: "a b" cannot be a mark\'s name; write up to 64 letters, digits, _ . or -, such as edge',
  ],
  ['start: { timeout: 60 }', '2:19: start.timeout: 60 has no unit; write a duration, such as 60s'],
  ['start: { timeout: 2h }', '2:19: start.timeout: "2h" is longer than an hour; write at most 1h'],
  ['start: { late: hol }', '2:16: start.late: "hol" is unknown; did you mean hold? write hold, continue or fail'],
  ['start: { ready: armd }', `2:17: start.ready: "armd" is unknown; did you mean armed? write ${READY}`],
  ['start: { ready: {} }', '2:17: start.ready: says nothing; write tcp, socket, file, command or delay'],
  ['start: { ready: { tcp: 80, file: /x } }', '2:34: start.ready.file: it is tcp already; leave one of them out'],
  ['start: { ready: { tcp: 0 } }', `2:24: start.ready.tcp: 0 is too small; write ${PORT}`],
  [
    'start: { ready: { tcp: "db1:80" } }',
    '2:24: start.ready.tcp: "db1:80" is no address with a port; write one, such as 127.0.0.1:9477 or "[::1]:9477"',
  ],
  [
    'start: { ready: { socket: run/x } }',
    '2:27: start.ready.socket: "run/x" is no absolute path; write one without .., such as /var/lib/lxc',
  ],
  ['stop: { halt: sysv }', `2:15: stop.halt: "sysv" is unknown; write ${HALT}`],
  [
    'stop: { halt: { signal: 65 } }',
    '2:25: stop.halt.signal: 65 is too large; write a signal from 1 to 64, such as 37',
  ],
  ['stop: { halt: { initctl: 6 } }', '2:26: stop.halt.initctl: 6 is too large; write 0, the runlevel that halts'],
  ['stop: { halt: { command: poweroff } }', `2:26: stop.halt.command cannot be the text "poweroff"; write ${WORDS}`],
  [
    'stop: { halt: { signal: 37, command: [x] } }',
    '2:38: stop.halt.command: it is signal already; leave one of them out',
  ],
  [
    'stop: { before: [{ command: [logger], where: host }] }',
    '2:30: an entry of stop.before.command: "logger" is no absolute path; write one without .., such as /var/lib/lxc',
  ],
  [
    'stop: { before: [{ timeout: 1s }] }',
    '2:18: stop.before.command is missing; write a list of words, such as [pg_ctl, stop]; there is no shell',
  ],
  [
    'stop: { timeout: 30s, before: [{ command: [a] }, { command: [b], timeout: 10s }] }',
    '2:31: stop.before: its programs may take 30s, and half of the timeout of 30s is for the halt itself; write a timeout of 60s, or shorter ones here',
  ],
  [
    'stop: { before: [{ command: [a], timeout: 30001ms }] }',
    '2:17: stop.before: its programs may take 30001ms, and half of the timeout of 60s is for the halt itself; write a timeout of 60002ms, or shorter ones here',
  ],
  [
    'stop: { timeout: 1h, before: [{ command: [a], timeout: 31m }] }',
    '2:30: stop.before: its programs may take 1860s, and half of the timeout of 1h is for the halt itself; write shorter ones here',
  ],
  ['restart: { crash: true }', `2:19: restart.crash: YAML reads true as the boolean true; write it in quotes, "true"`],
  ['restart: { crash: on }', `2:19: restart.crash: "on" is unknown; write ${CRASH}`],
  [
    'restart: { crash: { budget: 0 } }',
    '2:29: restart.crash.budget: 0 is too small; write a whole number from 1 to 1000, such as 10',
  ],
  ['restart: { reboot: no }', '2:20: restart.reboot: "no" is unknown; write off, or { budget: 10, within: 1h }'],
  [
    'restart: { reboot: { budget: 51 } }',
    '2:30: restart.reboot.budget: 51 is too large; write a whole number from 1 to 50, such as 10',
  ],
  ['reboot: off', '2:1: unknown key "reboot"; write it under "restart"'],
  [
    'restart: { crash: { delay: 10m } }',
    '2:28: restart.crash.delay: 10m is more than most, which is 5m; write at most that',
  ],
])('%s is refused', async (text, says) => {
  const folder = folderOf({ 'guests/web1.yaml': `guest: web1\n${text}` });
  expect(await complaintsHere(folder)).toEqual([`guests/web1.yaml:${says}`]);
});

const after = (guest: string, ...names: readonly string[]) =>
  `guest: ${guest}\nstart: { after: [${names.join(', ')}] }`;

test('guests that wait for each other are named, with the place of the last step', async () => {
  const folder = folderOf({
    'guests/a.yaml': after('a', 'b'),
    'guests/b.yaml': after('b', 'd', 'c'),
    'guests/c.yaml': after('c', 'a'),
    'guests/d.yaml': after('d', 'd'),
  });
  const rest = 'wait for each other, and none would ever start; leave one of them out';
  const loaded = await loadFolder(folder, {}, () => {});
  expect(loaded.problems.map((problem) => problemText(problem).replace(`${folder}/`, ''))).toEqual([
    `guests/c.yaml:2:18: start.after: a -> b -> c -> a ${rest} [E_CONFIG_CONFLICT]`,
    'guests/d.yaml:2:18: start.after: d waits for itself, and would never start; leave it out [E_CONFIG_CONFLICT]',
  ]);
});

test('who waits for a guest that nobody knows is told', async () => {
  const folder = folderOf({ 'guests/a.yaml': after('a', 'db1', 'db2'), 'guests/db1.yaml': 'guest: db1' });
  const { problems } = await loadConfig(folder, { knownGuests: ['a'] });
  expect(problems.map(problemText)).toEqual([
    expect.stringContaining(
      'a.yaml:2:23: start.after: no guest "db2" is on this host or in guests/; did you mean "db1"? create it, or write guests/db2.yaml for one that is to come [E_CONFIG_NAME]',
    ),
  ]);
});

// Who waits for whom, of some guests: true at [one][other] means that one waits for the other.
const anyOrder = fc
  .integer({ min: 2, max: 6 })
  .chain((count) =>
    fc.array(fc.array(fc.boolean(), { minLength: count, maxLength: count }), { minLength: count, maxLength: count }),
  );

function hasCircle(order: readonly (readonly boolean[])[]): boolean {
  const left = new Set(order.keys());
  for (let isLess = true; isLess; ) {
    const free = [...left].filter((guest) => ![...left].some((other) => order[guest]?.[other]));
    for (const guest of free) left.delete(guest);
    isLess = free.length > 0;
  }
  return left.size > 0;
}

test('a circle is refused, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(anyOrder, async (order) => {
      const files = order.map((waits, at) => {
        const names = waits.flatMap((does, other) => (does ? [`g${other}`] : []));
        return [`guests/g${at}.yaml`, names.length === 0 ? `guest: g${at}` : after(`g${at}`, ...names)] as const;
      });
      const complaints = await complaintsHere(folderOf(Object.fromEntries(files)));
      expect(complaints.length > 0).toBe(hasCircle(order));
    }),
    { numRuns: 60 },
  );
});
