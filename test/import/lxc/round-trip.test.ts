import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importSource } from '../../../src/import/import.ts';
import { lxc } from '../../../src/import/lxc/lxc.ts';
import { readLxc } from '../../../src/import/lxc/read.ts';
import type { Config } from '../../../src/model/config.ts';
import { loaded, startedBefore, tree } from '../loaded.ts';

type Values = Readonly<Record<string, string | number | undefined>>;

/** What becomes of these keys, of which several may be said, and of further lines. */
function web1(values: Values, ...lines: readonly string[]): Config {
  const said = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}`]));
  return loaded(importSource(readLxc(tree({ 'web1/config': [...said, ...lines].join('\n') }), 'lxc'), lxc));
}

const said = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const memory = fc.record({
  version: fc.constantFrom(1, 2),
  limit: fc.bigInt({ min: 1n << 23n, max: 1n << 45n }),
  less: fc.bigInt({ min: 0n, max: 1n << 22n }),
  more: fc.bigInt({ min: 0n, max: 1n << 40n }),
  low: said(fc.bigInt({ min: 1n << 20n, max: 1n << 22n })),
  group: fc.constantFrom('0', '1', undefined),
});

test('memory comes back with the same meaning', () => {
  fc.assert(
    fc.property(memory, ({ version, limit, less, more, low, group }) => {
      const first = {
        'lxc.cgroup.memory.limit_in_bytes': `${limit}`,
        'lxc.cgroup.memory.soft_limit_in_bytes': `${limit - less}`,
        'lxc.cgroup.memory.memsw.limit_in_bytes': `${limit + more}`,
      };
      const second = {
        'lxc.cgroup2.memory.max': `${limit}`,
        'lxc.cgroup2.memory.high': `${limit - less}`,
        'lxc.cgroup2.memory.swap.max': `${more}`,
        'lxc.cgroup2.memory.low': low === undefined ? undefined : `${low}`,
        'lxc.cgroup2.memory.min': low === undefined ? undefined : `${low / 2n}`,
        'lxc.cgroup2.memory.oom.group': group,
      };
      const { policies } = web1(version === 1 ? first : second);
      expect(policies[0]?.memory).toEqual({
        barrier: Number(limit - less),
        limit: Number(limit),
        addressSpace: { limit: Number(limit + more), enforce: 'swap' },
        ...(version === 2 && low !== undefined && { low: Number(low), min: Number(low / 2n) }),
        oom: version === 2 && group === '1' ? 'guest' : 'process',
      });
    }),
    { numRuns: 60 },
  );
});

const processors = fc.record({
  version: fc.constantFrom(1, 2),
  pids: said(fc.integer({ min: 10, max: 4_194_304 })),
  quota: fc.integer({ min: 1000, max: 1_000_000 }),
  period: fc.constantFrom(10_000, 50_000, 100_000, 1_000_000),
  burst: said(fc.nat({ max: 1000 })),
  weight: fc.integer({ min: 1, max: 10_000 }),
  shares: fc.integer({ min: 11, max: 102_400 }),
  data: fc.integer({ min: 2 ** 26, max: 2 ** 45 }),
});

test('processors, processes and their data come back with the same meaning', () => {
  fc.assert(
    fc.property(processors, ({ version, pids, quota, period, burst, weight, shares, data }) => {
      const kept = burst === undefined ? undefined : Math.min(burst * 100, quota);
      const first = {
        'lxc.cgroup.cpu.cfs_quota_us': quota,
        'lxc.cgroup.cpu.cfs_period_us': period,
        'lxc.cgroup.cpu.cfs_burst_us': kept,
        'lxc.cgroup.cpu.shares': shares,
        'lxc.limit.data': `${data}:unlimited`,
      };
      const second = {
        'lxc.cgroup2.cpu.max': `${quota} ${period}`,
        'lxc.cgroup2.cpu.max.burst': kept,
        'lxc.cgroup2.cpu.weight': weight,
        'lxc.prlimit.data': data,
      };
      const [policy] = web1({ ...(version === 1 ? first : second), 'lxc.cgroup.pids.max': pids }).policies;
      expect(policy).toMatchObject({
        cpu: { weight: version === 1 ? Math.round((shares * 100) / 1024) : weight },
        memory: { addressSpace: { limit: data, enforce: 'data' } },
      });
      expect(policy?.processes).toBe(pids);
      const { rate = 0, interval = 1, size } = policy?.cpu.bucket ?? {};
      expect(rate * period).toBe(quota * interval);
      expect(size).toBe(Math.max(1, Math.round((quota + (kept ?? 0)) / 1000)));
    }),
    { numRuns: 60 },
  );
});

const most = said(fc.integer({ min: 1, max: 2 ** 40 }));
const often = said(fc.integer({ min: 1, max: 1_000_000_000 }));
const disk = fc.record({ minor: fc.nat({ max: 255 }), rbps: most, wbps: most, riops: often, wiops: often });
const disks = fc.uniqueArray(disk, { selector: ({ minor }) => minor, maxLength: 3 });
const OLD = { rbps: 'read_bps', wbps: 'write_bps', riops: 'read_iops', wiops: 'write_iops' } as const;
type Word = keyof typeof OLD;
const WORDS = Object.keys(OLD) as readonly Word[];

test('disks come back with the same meaning', () => {
  fc.assert(
    fc.property(disks, fc.boolean(), said(fc.integer({ min: 1, max: 1000 })), (all, isOld, weight) => {
      const lines = all.flatMap(({ minor, ...limits }) => {
        const words = WORDS.map((word) => `${word}=${limits[word] ?? 'max'}`).join(' ');
        const old = WORDS.flatMap((word) => {
          const device = `lxc.cgroup.blkio.throttle.${OLD[word]}_device`;
          return limits[word] === undefined ? [] : [`${device} = 8:${minor} ${limits[word]}`];
        });
        return isOld ? old : [`lxc.cgroup2.io.max = 8:${minor} ${words}`];
      });
      const { policies } = web1({ 'lxc.cgroup2.io.bfq.weight': weight }, ...lines);
      const expected = all.map(({ minor, rbps, wbps, riops, wiops }) => ({
        device: `/dev/block/8:${minor}`,
        readBytes: rbps,
        writeBytes: wbps,
        reads: riops,
        writes: wiops,
      }));
      const limited = expected.filter(({ device: _, ...limits }) => Object.values(limits).some((limit) => limit));
      // Several entries of one disk are one limit of it.
      const byDisk = Map.groupBy(policies[0]?.io.disks ?? [], ({ device }) => device);
      expect([...byDisk.values()].map((entries) => Object.assign({}, ...entries))).toEqual(limited);
      expect(policies[0]?.io.weight).toBe(weight);
    }),
    { numRuns: 60 },
  );
});

const life = fc.record({
  auto: fc.constantFrom('0', '1', undefined),
  groups: fc.uniqueArray(fc.constantFrom('onboot', 'edge', 'media', 'x.1'), { maxLength: 3 }),
  isInOneLine: fc.boolean(),
  delay: said(fc.integer({ min: 1, max: 3600 })),
  signal: said(fc.integer({ min: 1, max: 64 })),
});

test('the life comes back with the same meaning', () => {
  fc.assert(
    fc.property(life, ({ auto, groups, isInOneLine, delay, signal }) => {
      const lines = isInOneLine && groups.length > 0 ? [groups.join(' ')] : groups;
      const values = { 'lxc.start.auto': auto, 'lxc.start.delay': delay, 'lxc.signal.halt': signal };
      const [guest] = web1(values, ...lines.map((line) => `lxc.group = ${line}`)).guests;
      const isInBoot = groups.length === 0 || groups.includes('onboot');
      expect(guest?.start?.auto ?? false).toBe(auto === '1' && isInBoot);
      expect(guest?.start?.marks ?? ['default']).toEqual(groups.length > 0 ? groups : ['default']);
      if (delay !== undefined) expect(guest?.start?.ready).toEqual({ kind: 'delay', delayMs: delay * 1000 });
      expect(guest?.stop?.halt).toEqual(signal && { kind: 'signal', signal });
    }),
    { numRuns: 60 },
  );
});

const access = fc.constantFrom('r', 'w', 'rw', 'rwm');
const number = fc.record({
  type: fc.constantFrom('c', 'b'),
  major: fc.integer({ min: 140, max: 500 }),
  minor: fc.oneof(fc.nat({ max: 1000 }), fc.constant('*')),
  access,
});
const numbers = fc.uniqueArray(number, { selector: ({ major }) => major, maxLength: 4 });

test('devices that are allowed come back with the same meaning', () => {
  fc.assert(
    fc.property(numbers, fc.boolean(), fc.constantFrom('', '2'), (all, isClosed, version) => {
      const key = `lxc.cgroup${version}.devices`;
      const { rules, guests } = web1(
        { [`${key}.deny`]: isClosed ? 'a' : undefined },
        ...all.map(({ type, major, minor, access }) => `${key}.allow = ${type} ${major}:${minor} ${access}`),
      );
      expect(rules).toMatchObject(
        all.map(({ type, major, minor, access }) => ({
          match: { number: [`${type} ${major}:${minor}`] },
          guests: ['web1'],
          take: minor === '*' ? 'all' : 'one',
          access,
        })),
      );
      expect(guests[0]?.devices).toBe(isClosed ? 'confined' : undefined);
    }),
    { numRuns: 60 },
  );
});

const bound = fc.record({
  name: fc.stringMatching(/^[a-z]{2,5}\d$/),
  to: said(fc.stringMatching(/^[a-z]{2,5}\d$/)),
  isFolder: fc.boolean(),
});

test('nodes that are bound come back with the same meaning', () => {
  fc.assert(
    fc.property(fc.uniqueArray(bound, { selector: ({ name }) => name, maxLength: 4 }), (all) => {
      const asFile = all.map(({ name, to, isFolder }) => ({ name, isFolder, path: isFolder ? undefined : to }));
      const entries = asFile.map(
        ({ name, path, isFolder }) =>
          `lxc.mount.entry = /dev/${name} dev/${path ?? name} none bind,create=${isFolder ? 'dir' : 'file'} 0 0`,
      );
      const { rules } = web1({}, ...entries);
      expect(rules.map(({ match, take, node }) => [match, take, node?.path])).toEqual(
        asFile.map(({ name, isFolder, path }) => [
          expect.objectContaining({ name: [isFolder ? `${name}/*` : name] }),
          isFolder ? 'all' : 'one',
          path !== undefined && path !== name ? `/dev/${path}` : undefined,
        ]),
      );
    }),
    { numRuns: 60 },
  );
});

const turn = fc.record({
  auto: fc.constantFrom('1', '1', '0'),
  group: fc.constantFrom(undefined, undefined, 'onboot', 'edge'),
  order: said(fc.integer({ min: -2, max: 2 })),
});

test('the order of those that start with the host comes back with the same meaning', () => {
  fc.assert(
    fc.property(fc.array(turn, { minLength: 2, maxLength: 7 }), (turns) => {
      const files = turns.map(({ auto, group, order }, at): readonly [string, string] => {
        const values = { 'lxc.start.auto': auto, 'lxc.group': group, 'lxc.start.order': order };
        const lines = Object.entries(values).map(([key, value]) => (value === undefined ? '' : `${key} = ${value}\n`));
        return [`g${at}/config`, lines.join('')];
      });
      const config = loaded(importSource(readLxc(tree(Object.fromEntries(files)), 'lxc'), lxc));
      const isOrdered = turns.some(({ order = 0 }) => order !== 0);
      const started = turns.flatMap(({ auto, group, order = 0 }, at) =>
        isOrdered && auto === '1' && group !== 'edge'
          ? [{ name: `g${at}`, pass: group === 'onboot' ? 1 : 2, order }]
          : [],
      );
      const isBefore = started.flatMap((one) =>
        started
          .filter((other) => one.pass < other.pass || (one.pass === other.pass && one.order < other.order))
          .map((other) => `${one.name} < ${other.name}`),
      );
      expect(startedBefore(config)).toEqual(isBefore.sort());
      const goOn = config.guests.flatMap(({ guest, start }) => (start?.late === 'continue' ? [guest] : []));
      expect(goOn).toEqual([...new Set(isBefore.map((pair) => pair.split(' ')[0]))].sort());
    }),
    { numRuns: 60 },
  );
});
