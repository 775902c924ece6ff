import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importSource } from '../../../src/import/import.ts';
import { lxc } from '../../../src/import/lxc/lxc.ts';
import { readLxc } from '../../../src/import/lxc/read.ts';
import { fateOf, loaded, spots, tree } from '../loaded.ts';

function imported(files: Readonly<Record<string, string>>, folder = 'lxc') {
  return importSource(readLxc(tree(files), folder), lxc);
}

function web1(...lines: readonly string[]) {
  return imported({ 'web1/config': lines.join('\n') });
}

function policyOf(...lines: readonly string[]) {
  return loaded(web1(...lines)).policies[0];
}

const NO_LIMIT = { oom: 'process' };

describe('memory', () => {
  test('of cgroup v1 and v2 is the same, in bytes or with K, M, G or T', () => {
    const second = policyOf('lxc.cgroup2.memory.max = 1G', 'lxc.cgroup2.memory.swap.max = 524288K');
    const first = policyOf(
      'lxc.cgroup.memory.limit_in_bytes = 1024M',
      'lxc.cgroup.memory.memsw.limit_in_bytes = 1610612736',
    );
    const memory = { ...NO_LIMIT, limit: 2 ** 30, addressSpace: { limit: 1.5 * 2 ** 30, enforce: 'swap' } };
    expect([second?.memory, first?.memory]).toEqual([memory, memory]);
  });

  test('said for both needs a decision where it differs', () => {
    const both = (limit: string) => web1('lxc.cgroup2.memory.max = 1G', `lxc.cgroup.memory.limit_in_bytes = ${limit}`);
    expect(fateOf(both('1024M'), 'lxc.cgroup.memory.limit_in_bytes')).toMatch(
      /^taken: \/from\/web1\/config:1 says 1G .* the same$/,
    );
    expect(fateOf(both('2G'), 'lxc.cgroup.memory.limit_in_bytes')).toMatch(
      /^decide: \/from\/web1\/config:1 says 1G for cgroup v2/,
    );
    expect(loaded(both('2G')).policies[0]?.memory.limit).toBe(2 ** 30);
  });

  test('without an end is not limited, and swap without memory cannot be', () => {
    const found = web1(
      'lxc.cgroup2.memory.max = max',
      'lxc.cgroup2.memory.swap.max = 1G',
      'lxc.cgroup2.memory.low = 0',
    );
    expect(loaded(found).policies).toEqual([]);
    expect(fateOf(found, 'lxc.cgroup2.memory.swap.max')).toMatch(/^decide: swap alone/);
    expect(fateOf(found, 'lxc.cgroup2.memory.max')).toMatch(/^taken: not limited/);
  });

  test('of data is that of each process', () => {
    expect(policyOf('lxc.prlimit.data = 1073741824:unlimited')?.memory.addressSpace).toEqual({
      limit: 2 ** 30,
      enforce: 'data',
    });
    expect(policyOf('lxc.limit.data = unlimited')).toBeUndefined();
  });
});

describe('processors', () => {
  test('a quota is a bucket that holds it, with what is kept for a burst', () => {
    const bucket = { rate: 1, interval: 2, size: 50, tickUs: 1000, hold: 'smooth' };
    expect(policyOf('lxc.cgroup2.cpu.max = 50000 100000')?.cpu.bucket).toMatchObject(bucket);
    expect(policyOf('lxc.cgroup2.cpu.max = 50000')?.cpu.bucket).toMatchObject(bucket);
    expect(policyOf('lxc.cgroup.cpu.cfs_quota_us = 50000')?.cpu.bucket).toMatchObject(bucket);
    const burst = policyOf('lxc.cgroup2.cpu.max = 50000 100000', 'lxc.cgroup2.cpu.max.burst = 30000');
    expect(burst?.cpu.bucket).toMatchObject({ ...bucket, size: 80 });
    expect(policyOf('lxc.cgroup2.cpu.max = max 100000')).toBeUndefined();
    expect(fateOf(web1('lxc.cgroup.cpu.cfs_period_us = 9'), 'lxc.cgroup.cpu.cfs_period_us')).toMatch(/^decide: /);
  });

  test('1024 shares are a weight of 100', () => {
    expect(policyOf('lxc.cgroup.cpu.shares = 2048')?.cpu.weight).toBe(200);
    expect(policyOf('lxc.cgroup2.cpu.weight = 300')?.cpu.weight).toBe(300);
    const both = web1('lxc.cgroup.cpu.shares = 1024', 'lxc.cgroup2.cpu.weight = 100');
    expect(fateOf(both, 'lxc.cgroup.cpu.shares')).toMatch(/the same$/);
  });
});

describe('disks', () => {
  test('are held by their numbers', () => {
    const found = web1(
      'lxc.cgroup2.io.max = 8:0 rbps=1048576 wbps=max riops=100',
      'lxc.cgroup2.io.max = 8:16 wiops=7',
      'lxc.cgroup.blkio.throttle.write_bps_device = 8:0 0',
      'lxc.cgroup2.io.weight = default 250',
    );
    expect(loaded(found).policies[0]?.io).toEqual({
      weight: 250,
      disks: [
        { device: '/dev/block/8:0', readBytes: 2 ** 20, reads: 100 },
        { device: '/dev/block/8:16', writes: 7 },
      ],
    });
    expect(fateOf(web1('lxc.cgroup2.io.max = sda rbps=1'), 'lxc.cgroup2.io.max')).toMatch(/^decide: /);
  });
});

describe('devices', () => {
  test('that are allowed by their number are rules, but for the standard ones', () => {
    const found = web1(
      'lxc.cgroup.devices.deny = a',
      'lxc.cgroup.devices.allow = c 1:3 rwm',
      'lxc.cgroup.devices.allow = c *:* m',
      'lxc.cgroup.devices.allow = c 188:* wr',
      'lxc.cgroup2.devices.deny = a',
    );
    expect(loaded(found).rules).toMatchObject([
      { match: { number: ['c 188:*'] }, take: 'all', access: 'rw', guests: ['web1'] },
    ]);
    expect(loaded(found).guests).toMatchObject([{ guest: 'web1', runtime: 'lxc', devices: 'confined' }]);
    expect(
      fateOf(found, 'lxc.cgroup.devices.allow')
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['none', 'none', 'taken']);
  });

  test('that are bound into the guest are rules, and bring their permission', () => {
    const found = web1(
      'lxc.mount.entry = /dev/sg0 dev/scanner none bind,optional,create=file',
      'lxc.mount.entry = /dev/snd dev/snd none bind,create=dir',
      'lxc.mount.entry = /dev/bus/usb dev/bus/usb none bind,optional',
      'lxc.mount.entry = /dev/shm dev/shm none bind,create=dir',
      'lxc.mount.entry = /dev/a etc/../b none bind',
      'lxc.cgroup2.devices.allow = c 21:0 rw',
    );
    expect(loaded(found).rules).toMatchObject([
      { match: { name: ['sg0'] }, node: { path: '/dev/scanner' }, take: 'one' },
      { match: { name: ['snd/*'] }, take: 'all' },
      { match: { name: ['bus/usb/*'] }, take: 'all' },
    ]);
    expect(fateOf(found, 'lxc.cgroup2.devices.allow')).toMatch(/^decide: a rule for a node/);
    expect(fateOf(found, 'lxc.mount.entry')).toMatch(/none: LXC goes on mounting it\ndecide: .*not below \/dev/);
  });

  test.each([
    [
      'open again where that is said later',
      ['.deny = a', '.allow = c 188:* rw', '.allow = a'],
      undefined,
      ['none', 'none', 'none'],
    ],
    ['closed where that is said later', ['.allow = a *:* rwm', '.deny = a'], 'confined', ['none', 'taken']],
    [
      'closed by what was not taken back',
      ['.allow = a', '.allow =', '.deny = a'],
      'confined',
      ['none', 'none', 'taken'],
    ],
    ['open where the other version of cgroups says so', ['2.allow = a', '.deny = a'], undefined, ['none', 'decide']],
  ])('are %s', (_what, lines, devices, fates) => {
    const found = web1(
      ...lines.map((line) => `lxc.cgroup${line.startsWith('2') ? '2' : ''}.devices${line.replace(/^2/, '')}`),
    );
    expect(loaded(found)).toMatchObject({ guests: [{ guest: 'web1' }], rules: [] });
    expect(loaded(found).guests[0]?.devices).toBe(devices);
    expect(found.lines.map(({ verdict }) => verdict.fate)).toEqual(fates);
  });

  test('that are taken back or said again do not count', () => {
    const found = web1(
      'lxc.cgroup2.devices.allow = c 188:* rw',
      'lxc.cgroup2.devices.allow =',
      'lxc.cgroup2.pids.max = 100',
      'lxc.cgroup2.pids.max = 200',
    );
    expect(loaded(found)).toMatchObject({ rules: [], policies: [{ processes: 200 }] });
    expect(fateOf(found, 'lxc.cgroup2.devices.allow')).toMatch(
      /^none: taken back in \/from\/web1\/config:2\ntaken: nothing/,
    );
    expect(fateOf(found, 'lxc.cgroup2.pids.max')).toMatch(/^none: said again in \/from\/web1\/config:4/);
  });
});

test('what LXC alone does goes on, each time that it is said', () => {
  const found = web1(
    ...['lxc.cap.drop = mknod', 'lxc.cap.drop = sys_time', 'lxc.cap.keep =', 'lxc.net.0.type = veth'],
    ...['lxc.hook.pre-start = /bin/true', 'lxc.hook.start-host = /usr/lib/hostler/hostler-hook'],
  );
  expect(found.lines.map(({ verdict }) => `${verdict.fate}: ${verdict.how}`)).toEqual(
    Array.from({ length: 6 }, () => 'none: LXC goes on doing that'),
  );
});

test('the start, groups and the signal that halts, of all versions of LXC', () => {
  const found = web1(
    'lxc.start.auto = 1',
    'lxc.group = "onboot edge"',
    'lxc.start.delay = 3',
    'lxc.start.order = 4',
    'lxc.haltsignal = 12',
  );
  expect(loaded(found).guests).toMatchObject([
    {
      start: { auto: true, marks: ['onboot', 'edge'], ready: { kind: 'delay', delayMs: 3000 } },
      stop: { halt: { kind: 'signal', signal: 12 } },
    },
  ]);
  expect(fateOf(found, 'lxc.start.order')).toMatch(/^decide: of one guest alone/);
  expect(fateOf(web1('lxc.signal.halt = SIGNONE'), 'lxc.signal.halt')).toMatch(/^decide: /);
});

test('who starts with the host is who is in no group or in onboot, as lxc.service has it', () => {
  const auto = (...groups: readonly string[]) => {
    const found = web1('lxc.start.auto = 1', ...groups.map((group) => `lxc.group = ${group}`));
    return [loaded(found).guests[0]?.start?.auto ?? false, fateOf(found, 'lxc.start.auto').split(':')[0]];
  };
  expect(auto()).toEqual([true, 'taken']);
  expect(auto('edge', 'onboot')).toEqual([true, 'taken']);
  expect(auto('edge', '')).toEqual([true, 'taken']);
  expect(auto('edge')).toEqual([false, 'decide']);
});

test('who has the lower order is started before, those in onboot first, and who says none has 0', () => {
  const found = imported({
    'a1/config': 'lxc.start.auto = 1\nlxc.start.order = 9\nlxc.group = onboot',
    'b1/config': 'lxc.start.auto = 1\nlxc.start.order = -1',
    'c1/config': 'lxc.start.auto = 1\nlxc.start.order = 5\nlxc.start.order =',
    'd1/config': 'lxc.start.auto = 1\nlxc.start.order = 2',
    'e1/config': 'lxc.start.auto = 0\nlxc.start.order = 1',
    'f1/config': 'lxc.start.auto = 1\nlxc.start.order = 3\nlxc.group = edge',
    'g1/config': 'lxc.start.auto = 1\nlxc.start.order = 010',
  });
  expect(loaded(found).guests.map(({ guest, start }) => [guest, start?.auto, start?.after, start?.late])).toEqual([
    ['a1', true, [], 'continue'],
    ['b1', true, ['a1'], 'continue'],
    ['c1', true, ['b1'], 'continue'],
    ['d1', true, ['c1'], 'hold'],
    ['e1', undefined, undefined, undefined],
    ['f1', false, [], 'hold'],
    ['g1', true, [], 'hold'],
  ]);
  expect(
    fateOf(found, 'lxc.start.order')
      .split('\n')
      .map((line) => line.slice(0, 28)),
  ).toEqual([
    ...[
      'taken: the first of those th',
      'taken: those with the turn b',
      'none: taken back in /from/c1',
      'taken: nothing; it takes bac',
    ],
    ...[
      'taken: those with the turn b',
      'none: the order of those tha',
      'decide: the order in a group',
      'decide: is no whole number',
    ],
  ]);
  const one = 'lxc.start.auto = 1\n';
  const other = imported({ 'a1/config': `${one}lxc.group = onboot`, 'b1/config': `${one}lxc.start.order = 0` });
  expect(loaded(other).guests.map(({ start }) => start?.after)).toEqual([[], []]);
});

test('more than a list of guests can name are told, and the rest is taken over', () => {
  const many = Array.from({ length: 257 }, (_, at) => [`g${at}/config`, 'lxc.start.auto = 1\nlxc.group = onboot']);
  const found = imported({
    ...Object.fromEntries(many),
    'y1/config': 'lxc.start.auto = 1',
    'z1/config': 'lxc.start.auto = 1\nlxc.start.order = 1',
  });
  const [y1, z1] = loaded(found).guests.slice(-2);
  expect([y1?.start, z1?.start]).toMatchObject([
    { auto: true, after: [], late: 'continue' },
    { auto: true, after: ['y1'] },
  ]);
  expect(fateOf(found, 'lxc.start.auto')).toContain('; 257 guests, too many for start.after, were started before it');
});

test('what is included and lies among them counts where it is included, and is no guest by itself', () => {
  const found = imported({
    'web1/config': 'lxc.cgroup2.pids.max = 100\nlxc.include = /from/common.conf\nlxc.include = /from/more/\n',
    'web2/config': 'lxc.include = /from/common.conf\nlxc.cgroup2.pids.max = 300\nlxc.include = /usr/share/lxc/x.conf',
    'common.conf': 'lxc.cgroup2.pids.max = 200\nlxc.include = /from/common.conf\n',
    'more/a.conf': 'lxc.start.auto = 1',
    'more/a.txt': 'lxc.start.delay = 1',
  });
  const { guests, policies } = loaded(found);
  expect(policies.map(({ name, processes }) => [name, processes])).toEqual([
    ['web1', 200],
    ['web2', 300],
  ]);
  expect(guests.map(({ guest, start }) => [guest, start?.auto])).toEqual([
    ['web1', true],
    ['web2', undefined],
  ]);
  expect(found.lines.filter(({ guest }) => guest === '').map(({ file }) => file)).toEqual(['/from/more/a.txt']);
});

test('one folder, one file, and what is nobody’s', () => {
  expect(loaded(imported({ config: 'lxc.uts.name = x' }, 'web7')).guests).toMatchObject([{ guest: 'web7' }]);
  expect(loaded(imported({ 'web8/config': '' })).guests).toEqual([{ guest: 'web8', runtime: 'lxc' }]);
  expect(imported({ 'web8.conf': '# nothing of LXC\n' }).files).toEqual([]);
  expect(loaded(imported({ 'web8.conf': 'lxc.uts.name = web8' })).guests).toMatchObject([{ guest: 'web8' }]);
  const found = imported({
    'web1/config': 'lxc.ephemeral = 0\nnonsense\nother.key = 1',
    'empty/fstab': 'proc proc proc',
  });
  expect(found.lines.map(({ verdict }) => verdict.fate)).toEqual(['none', 'none', 'unknown', 'unknown']);
});

const key = fc.constantFrom(
  ...[
    'lxc.cgroup2.memory.max',
    'lxc.cgroup.memory.limit_in_bytes',
    'lxc.cgroup2.memory.high',
    'lxc.cgroup2.memory.swap.max',
  ],
  ...[
    'lxc.cgroup.memory.memsw.limit_in_bytes',
    'lxc.cgroup2.memory.low',
    'lxc.cgroup.memory.max',
    'lxc.cgroup2.cpu.max',
  ],
  ...['lxc.cgroup.cpu.cfs_quota_us', 'lxc.cgroup.cpu.cfs_period_us', 'lxc.cgroup.cpu.shares', 'lxc.cgroup2.cpu.weight'],
  ...[
    'lxc.cgroup2.pids.max',
    'lxc.cgroup2.io.max',
    'lxc.cgroup2.io.weight',
    'lxc.cgroup.blkio.weight',
    'lxc.prlimit.data',
  ],
  ...[
    'lxc.cgroup.devices.allow',
    'lxc.cgroup.devices.deny',
    'lxc.cgroup2.devices.allow',
    'lxc.mount.entry',
    'lxc.group',
  ],
  ...[
    'lxc.start.auto',
    'lxc.start.delay',
    'lxc.start.order',
    'lxc.signal.halt',
    'lxc.utsname',
    'lxc.hook.start',
    'constructor',
    'lxc.cgroup.dir',
  ],
);
const value = fc.oneof(
  fc.constantFrom(
    '',
    'max',
    '-1',
    'a',
    'c 188:* rwm',
    'b 8:0 r',
    'c *:* rwm',
    '8:0 rbps=1 wiops=max',
    '100000 100000',
    'web1',
  ),
  fc.constantFrom(
    '/dev/x dev/x none bind,create=file',
    '/dev/d dev/d none bind,create=dir',
    'SIGPWR',
    '1G',
    'edge',
    '1:2',
  ),
  fc.nat({ max: 1e10 }).map(String),
);
const line = fc.oneof({ arbitrary: fc.tuple(key, value), weight: 9 }, fc.constant(['# a comment', ''] as const));
const configs = fc.dictionary(fc.constantFrom('web1', 'db1', 'a b'), fc.array(line, { maxLength: 16 }), { maxKeys: 3 });

test('of whatever is there each value is told of exactly once, and the loader takes what is written', () => {
  fc.assert(
    fc.property(configs, (guests) => {
      const entries = Object.entries(guests);
      const files = Object.fromEntries(
        entries.map(([name, lines]) => [`${name}/config`, lines.map(([at, says]) => `${at} = ${says}`).join('\n')]),
      );
      const expected = entries.flatMap(([name, lines]) =>
        lines.flatMap(([at, says], index) =>
          at.startsWith('#') ? [] : [`/from/${name}/config:${index + 1}: ${says}`],
        ),
      );
      const found = imported(files);
      expect(spots(found.lines)).toEqual(expected.sort());
      loaded(found);
      for (const { verdict } of found.lines)
        expect(verdict.settings.length === 0 || verdict.fate === 'taken').toBe(true);
    }),
    { numRuns: 200 },
  );
});
