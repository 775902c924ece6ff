import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importSource } from '../../../src/import/import.ts';
import { readVserver } from '../../../src/import/vserver/read.ts';
import { vserver } from '../../../src/import/vserver/vserver.ts';
import { fateOf, loaded, spots, tree } from '../loaded.ts';

function imported(files: Readonly<Record<string, string>>, folder = 'vservers') {
  return importSource(readVserver(tree(files), folder), vserver);
}

/** Of one guest, web1. */
function web1(files: Readonly<Record<string, string>>) {
  return imported(Object.fromEntries(Object.entries(files).map(([name, text]) => [`web1/${name}`, text])));
}

const hard = { flags: 'sched_hard\n', 'sched/fill-rate': '7', 'sched/interval': '32', 'sched/tokens': '500' };

describe('memory', () => {
  test('is pages of 4 KiB, and address space below 64MiB is memory and swap', () => {
    const found = web1({ 'rlimits/rss.hard': '5000\n', 'rlimits/as.hard': '8000\n', 'rlimits/nproc': '2K' });
    const [policy] = loaded(found).policies;
    expect(policy).toMatchObject({
      memory: { limit: 5000 * 4096, addressSpace: { limit: 8000 * 4096, enforce: 'swap' } },
      processes: 2048,
    });
    expect(loaded(found).guests).toMatchObject([{ guest: 'web1', policy: 'web1' }]);
    expect(fateOf(found, 'rlimits/rss.hard')).toContain('taken: 5000 pages of 4 KiB = 20000KiB (19.5MiB)');
  });

  test('an allocation above as.hard fails, as with VServer, where that can be: with rss.hard above it by data alone', () => {
    const both = loaded(web1({ 'rlimits/rss.hard': '20000', 'rlimits/as.hard': '40000' })).policies[0]?.memory;
    expect(both?.addressSpace).toEqual({ limit: 40_000 * 4096, enforce: 'both', scope: 'guest' });
    const data = loaded(web1({ 'rlimits/rss.hard': '50000', 'rlimits/as.hard': '40000' })).policies[0]?.memory;
    expect(data).toMatchObject({ limit: 50_000 * 4096, addressSpace: { enforce: 'data', scope: 'guest' } });
    const alone = web1({ 'rlimits/as.hard': '8000' });
    expect(fateOf(alone, 'rlimits/as.hard')).toMatch(/^decide: .* at least 64MiB$/);
    expect(loaded(alone).policies).toEqual([]);
  });

  test('a soft limit above the hard one is the hard one; min and inf limit nothing; what no guest lives on is named', () => {
    const found = web1({
      'rlimits/rss.soft': '9000',
      'rlimits/rss.hard': '5000',
      'rlimits/rss.min': '5',
      'rlimits/as': 'inf',
    });
    expect(loaded(found).policies[0]?.memory).toEqual({ barrier: 5000 * 4096, limit: 5000 * 4096, oom: 'process' });
    expect(fateOf(found, 'rlimits/as')).toMatch(/^taken: not limited/);
    expect(fateOf(found, 'rlimits/rss.min')).toMatch(/^none: /);
    const small = web1({ 'rlimits/rss.hard': '100' });
    expect(fateOf(small, 'rlimits/rss.hard')).toMatch(
      /^decide: .*; not written: memory.rss.limit: no guest lives on 400KiB/,
    );
    expect(loaded(small)).toMatchObject({ policies: [], guests: [{ guest: 'web1' }] });
  });
});

describe('the bucket', () => {
  test('is strict, in lumps, for each processor, and has what the kernel had for what is not said', () => {
    const found = web1({ ...hard, 'sched/tokens-min': '200', 'sched/tokens_max': '1000' });
    const bucket = { rate: 7, interval: 32, size: 1000, threshold: 200, hold: 'strict', refill: 'lump', scope: 'cpu' };
    expect(loaded(found).policies[0]?.cpu.bucket).toEqual({ ...bucket, tickUs: 1000 });
    expect(fateOf(found, 'sched/tokens')).toBe('none: a bucket begins full');
    expect(loaded(web1(hard)).policies[0]?.cpu.bucket).toMatchObject({ size: 500, threshold: 62 });
    expect(fateOf(web1(hard), 'flags')).toContain('tokens-min 62, tokens-max 500');
  });

  test('has room between the threshold and its size', () => {
    const bucket = (max: string, min?: string) =>
      loaded(web1({ ...hard, 'sched/tokens-max': max, ...(min !== undefined && { 'sched/tokens-min': min }) }))
        .policies[0]?.cpu.bucket;
    expect(bucket('50')).toMatchObject({ size: 50, threshold: 49, hold: 'strict' });
    expect(bucket('50', '900')).toMatchObject({ size: 50, threshold: 49, hold: 'strict' });
    expect(bucket('0', '0')).toMatchObject({ size: 1000, threshold: 1, hold: 'strict' });
  });

  test('holds nobody without sched_hard, and then needs a decision', () => {
    const { flags: _, ...soft } = hard;
    expect(loaded(web1(soft)).policies).toEqual([]);
    expect(fateOf(web1(soft), 'sched/fill-rate')).toMatch(/^decide: the flag sched_hard is not set/);
  });

  test('shares what is idle with idle-time alone', () => {
    const rates = { ...hard, 'sched/fill-rate2': '1', 'sched/interval2': '6' };
    expect(loaded(web1(rates)).policies[0]?.cpu.bucket?.idle).toBeUndefined();
    const idle = loaded(web1({ ...rates, 'sched/idle-time': '' })).policies[0]?.cpu.bucket?.idle;
    expect(idle).toEqual({ rate: 1, interval: 6 });
  });

  test('of the old file is one for all processors', () => {
    const found = web1({ cflags: 'SCHED_HARD', schedule: '1\n4\n100\n30\n200\n0\n' });
    expect(loaded(found).policies[0]?.cpu.bucket).toMatchObject({ rate: 1, interval: 4, size: 200, threshold: 30 });
    expect(loaded(found).policies[0]?.cpu.bucket?.scope).toBeUndefined();
  });

  test('of one processor alone, and one that hostler could not keep, are not written', () => {
    const found = web1({ ...hard, 'sched/0/fill-rate': '9', 'sched/interval': '0' });
    expect(fateOf(found, 'sched/0/fill-rate')).toMatch(/^decide: for one processor alone/);
    expect(fateOf(found, 'sched/interval')).toMatch(/^decide: .*not written: cpu.bucket.interval/);
    expect(loaded(found).policies).toEqual([]);
  });
});

test('files of cgroups, which later kernels had instead, are limits where nothing else says the same', () => {
  const found = web1({
    'cgroup/memory.limit_in_bytes': '512M',
    'cgroup/memory.memsw.limit_in_bytes': '768M',
    'cgroup/cpu.shares': '2048',
    'cgroup/cpuset.cpus': '0-1',
    'rlimits/nproc.hard': '100',
    'cgroup/pids.max': '50',
  });
  expect(loaded(found).policies).toMatchObject([
    { memory: { limit: 2 ** 29, addressSpace: { limit: 768 * 2 ** 20 } }, cpu: { weight: 200 }, processes: 100 },
  ]);
  expect(fateOf(found, 'cgroup/pids.max')).toBe('decide: rlimits/nproc.hard says it, too; a policy has one value');
  expect(fateOf(found, 'cgroup/cpuset.cpus')).toMatch(/^decide: for what runs the guest/);
});

test('devices that fstab binds into the guest are rules, and mounts are for what runs the guest', () => {
  const found = web1({
    fstab: 'none /proc proc defaults 0 0\n/dev/dvb /dev/dvb none bind 0 0\n/dev/shm /dev/shm none bind',
    'fstab.local': '/dev/ttyUSB0\t/dev/modem\tnone\trbind,optional 0 0\n/dev/sg0 /dev none bind',
    'fstab.old': '/dev/sg1 /dev/sg1 none bind',
  });
  expect(loaded(found).rules).toMatchObject([
    { match: { name: ['dvb/*'] }, guests: ['web1'], take: 'all', access: 'rw' },
    { match: { name: ['ttyUSB0'] }, node: { path: '/dev/modem' }, take: 'one', access: 'rw' },
  ]);
  expect(fateOf(found, 'fstab')).toMatch(/^none: .*lxc.mount.entry\ntaken: every device .*\nnone: /);
  expect(fateOf(found, 'fstab.local')).toMatch(
    /^taken: by its name; where that .*"ttyUSB0\/\*".*\ndecide: .*not below/,
  );
  expect(fateOf(found, 'fstab.old')).toMatch(/^none: /);
});

describe('the life', () => {
  test('begins with the host by the mark default, after those that it depends on', () => {
    const found = imported({
      'db1/context': '1',
      'web1/apps/init/mark': 'default\n',
      'web1/apps/init/depends': 'db1\n# the mail\nnone1\n',
      'web1/apps/init/sync-timeout': '45',
      'edge1/apps/init/mark': 'edge\n',
    });
    const { guests } = loaded(found);
    const web1 = guests.find(({ guest }) => guest === 'web1');
    expect(web1?.start).toMatchObject({ auto: true, marks: ['default'], timeoutMs: 45_000 });
    expect(web1?.start?.after).toEqual(['db1']);
    expect(found.files.find(({ path }) => path === 'guests/web1.yaml')?.text).not.toContain('marks');
    expect(fateOf(found, 'apps/init/depends')).toMatch(/\ndecide: .*no guest "none1" is on this host/);
    expect(web1?.stop).toMatchObject({ timeoutMs: 45_000 });
    expect(guests.find(({ guest }) => guest === 'edge1')?.start).toMatchObject({ auto: false, marks: ['edge'] });
  });

  test('of guests that wait for each other needs a decision', () => {
    const found = imported({ 'a/apps/init/depends': 'b', 'b/apps/init/depends': 'a', 'c/apps/init/depends': 'a' });
    expect(fateOf(found, 'apps/init/depends')).toMatch(/decide: .*not written: start.after/);
    expect(loaded(found).guests.map(({ guest }) => guest)).toEqual(['a', 'b', 'c']);
  });
});

test('a folder of one guest is that guest, and what is nobody’s is told, too', () => {
  const one = imported({ context: '40', name: 'web shop', 'rlimits/nproc.hard': '50' }, 'shop');
  expect(loaded(one)).toMatchObject({ guests: [{ guest: 'shop' }], policies: [{ name: 'shop', processes: 50 }] });
  expect(fateOf(one, 'name')).toMatch(/^none: a title/);
  const all = imported({ '.defaults/apps/vunify/hash': 'x', 'web1/context': '2', 'my guest/context': '3' });
  expect(all.lines.map(({ verdict }) => verdict.fate)).toEqual(['none', 'none', 'decide']);
  expect(all.files.map(({ path }) => path)).toEqual(['guests/web1.yaml']);
});

const key = fc.constantFrom(
  ...[
    'context',
    'flags',
    'cflags',
    'nflags',
    'bcapabilities',
    'fstab',
    'schedule',
    'name',
    'what-is-this',
    'uts/nodename',
  ],
  ...[
    'rlimits/rss.hard',
    'rlimits/rss.soft',
    'rlimits/rss',
    'rlimits/as.hard',
    'rlimits/nproc.hard',
    'rlimits/foo',
    'run',
  ],
  ...[
    'sched/fill-rate',
    'sched/interval',
    'sched/tokens-max',
    'sched/tokens-min',
    'sched/fill-rate2',
    'sched/idle-time',
  ],
  ...[
    'sched/1/interval',
    'apps/init/mark',
    'rlimits/constructor',
    'sched/constructor',
    'cgroup/memory.limit_in_bytes',
    'cgroup/devices.allow',
    'cgroup/cpu.cfs_quota_us',
    'apps/init/depends',
    'apps/init/sync-timeout',
    'apps/init/style',
    'apps/else',
  ],
);
const value = fc.oneof(
  fc.constantFrom(
    'sched_hard',
    'inf',
    'default',
    'web1',
    'db1',
    '-1',
    '0',
    '1.5',
    '20K',
    '/dev/x /dev/x none bind',
    '/dev/snd /dev/snd none rbind',
    '/dev/x dev/y none bind',
    '/dev/x/ / none bind',
    'a: b',
    "'",
  ),
  fc.integer({ min: 0, max: 1e9 }).map(String),
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll(/[\n\r]/g, '')),
);
const text = fc.array(value, { maxLength: 7 }).map((lines) => lines.join('\n'));
const guest = fc.dictionary(key, text, { maxKeys: 12 });
const guests = fc.dictionary(fc.constantFrom('web1', 'db1', '_odd', 'my guest', 'a'.repeat(80), '.defaults'), guest, {
  maxKeys: 4,
});

test('of whatever is there each value is told of exactly once, and the loader takes what is written', () => {
  fc.assert(
    fc.property(guests, (folders) => {
      const files = Object.fromEntries(
        Object.entries(folders).flatMap(([name, own]) =>
          Object.entries(own).map(([at, says]) => [`${name}/${at}`, says]),
        ),
      );
      const found = imported(files);
      const expected = Object.entries(files).flatMap(([name, says]) => {
        const lines = says.split('\n').map((line, at) => ({ line: at + 1, value: line.trim() }));
        const said = lines.filter((line) => line.value !== '' && !line.value.startsWith('#'));
        return (said.length > 0 ? said : [{ line: 1, value: '' }]).map(
          (line) => `/from/${name}:${line.line}: ${line.value}`,
        );
      });
      expect(spots(found.lines)).toEqual(expected.sort());
      loaded(found);
      for (const { verdict } of found.lines)
        expect(verdict.settings.length === 0 || verdict.fate === 'taken').toBe(true);
    }),
    { numRuns: 200 },
  );
});
