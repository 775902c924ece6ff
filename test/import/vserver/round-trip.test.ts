import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importSource } from '../../../src/import/import.ts';
import { readVserver } from '../../../src/import/vserver/read.ts';
import { vserver } from '../../../src/import/vserver/vserver.ts';
import type { Config } from '../../../src/model/config.ts';
import { loaded, tree } from '../loaded.ts';

type Files = Readonly<Record<string, string>>;
const OTHERS = ['db1', 'mail1'] as const;

/** What becomes of the guest web1, by whose side those are that it may depend on. */
function web1(files: Files): Config {
  const all = [
    ...OTHERS.map((name) => [`${name}/context`, '1'] as const),
    ...Object.entries(files).map(([name, text]) => [`web1/${name}`, text] as const),
  ];
  return loaded(importSource(readVserver(tree(Object.fromEntries(all)), 'vservers'), vserver));
}

const said = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const pages = fc.integer({ min: 2048, max: 10_000_000 });

const memory = fc.record({ rss: pages, less: fc.nat({ max: 1023 }), more: fc.nat({ max: 1_000_000 }) });

test('memory comes back with the same meaning', () => {
  fc.assert(
    fc.property(memory, said(fc.integer({ min: 10, max: 4_194_304 })), ({ rss, less, more }, nproc) => {
      const { policies } = web1({
        'rlimits/rss.hard': `${rss}\n`,
        'rlimits/rss.soft': `${rss - less}`,
        'rlimits/as.hard': `${rss + more}`,
        ...(nproc !== undefined && { 'rlimits/nproc': `${nproc}` }),
      });
      expect(policies).toMatchObject([
        {
          memory: { barrier: (rss - less) * 4096, limit: rss * 4096, addressSpace: { limit: (rss + more) * 4096 } },
        },
      ]);
      expect(policies[0]?.processes).toBe(nproc);
    }),
    { numRuns: 40 },
  );
});

const rate = fc.record({ rate: fc.integer({ min: 1, max: 1000 }), longer: fc.integer({ min: 1, max: 900 }) });
const bucket = fc.record({
  own: rate,
  idle: said(rate),
  size: fc.integer({ min: 2, max: 10_000 }),
  threshold: said(fc.integer({ min: 1, max: 10_000 })),
  dash: fc.constantFrom('-', '_'),
});

test('the bucket comes back with the same meaning', () => {
  fc.assert(
    fc.property(bucket, ({ own, idle, size, threshold, dash }) => {
      const { policies } = web1({
        flags: 'sched_hard',
        [`sched/fill${dash}rate`]: `${own.rate}`,
        'sched/interval': `${own.rate + own.longer}`,
        [`sched/tokens${dash}max`]: `${size}`,
        ...(threshold !== undefined && { [`sched/tokens${dash}min`]: `${threshold}` }),
        ...(idle && { 'sched/fill-rate2': `${idle.rate}`, 'sched/interval2': `${idle.rate + idle.longer}` }),
        ...(idle && { 'sched/idle-time': '' }),
      });
      expect(policies[0]?.cpu.bucket).toEqual({
        rate: own.rate,
        interval: own.rate + own.longer,
        size,
        threshold: Math.min(threshold ?? 62, size - 1),
        ...(idle && { idle: { rate: idle.rate, interval: idle.rate + idle.longer } }),
        tickUs: 1000,
        hold: 'strict',
        refill: 'lump',
        scope: 'cpu',
      });
    }),
    { numRuns: 40 },
  );
});

const old = fc.record({
  rate: fc.integer({ min: 1, max: 1000 }),
  longer: fc.integer({ min: 1, max: 900 }),
  least: fc.integer({ min: 1, max: 5000 }),
  room: fc.integer({ min: 1, max: 5000 }),
});

test('the bucket of the old file comes back with the same meaning', () => {
  fc.assert(
    fc.property(old, ({ rate, longer, least, room }) => {
      const lines = [rate, rate + longer, 7, least, least + room, 0];
      const { policies } = web1({ flags: 'sched_hard', schedule: lines.join('\n') });
      const bucket = { rate, interval: rate + longer, threshold: least, size: least + room, hold: 'strict' };
      expect(policies).toMatchObject([{ cpu: { bucket } }]);
    }),
    { numRuns: 20 },
  );
});

const life = fc.record({
  mark: said(fc.constantFrom('default', 'edge', 'x_1')),
  depends: fc.subarray([...OTHERS]),
  timeout: said(fc.integer({ min: 1, max: 3600 })),
});

test('the life comes back with the same meaning', () => {
  fc.assert(
    fc.property(life, ({ mark, depends, timeout }) => {
      const { guests } = web1({
        context: '7',
        ...(mark !== undefined && { 'apps/init/mark': mark }),
        ...(depends.length > 0 && { 'apps/init/depends': `${depends.join('\n')}\n` }),
        ...(timeout !== undefined && { 'apps/init/sync-timeout': `${timeout}` }),
      });
      const guest = guests.find(({ guest }) => guest === 'web1');
      expect(guest?.start?.auto ?? false).toBe(mark === 'default');
      expect(guest?.start?.marks ?? ['default']).toEqual([mark ?? 'default']);
      expect(guest?.start?.after ?? []).toEqual(depends);
      if (timeout === undefined) return;
      expect([guest?.start?.timeoutMs, guest?.stop?.timeoutMs]).toEqual([timeout * 1000, timeout * 1000]);
    }),
    { numRuns: 40 },
  );
});

const disk = fc.record({ number: fc.constantFrom('8:0', '8:16', '259:1'), most: fc.integer({ min: 1, max: 2 ** 40 }) });
const cgroup = fc.record({
  limit: fc.integer({ min: 2 ** 23, max: 2 ** 45 }),
  less: fc.nat({ max: 2 ** 22 }),
  more: fc.nat({ max: 2 ** 40 }),
  shares: fc.integer({ min: 11, max: 102_400 }),
  weight: fc.integer({ min: 10, max: 1000 }),
  quota: fc.integer({ min: 1000, max: 1_000_000 }),
  period: fc.constantFrom(10_000, 50_000, 100_000),
  disks: fc.uniqueArray(disk, { selector: ({ number }) => number }),
});

test('files of cgroups come back with the same meaning', () => {
  fc.assert(
    fc.property(cgroup, ({ limit, less, more, shares, weight, quota, period, disks }) => {
      const { policies } = web1({
        'cgroup/memory.limit_in_bytes': `${limit}`,
        'cgroup/memory.soft_limit_in_bytes': `${limit - less}`,
        'cgroup/memory.memsw.limit_in_bytes': `${limit + more}`,
        'cgroup/cpu.shares': `${shares}`,
        'cgroup/blkio.weight': `${weight}`,
        'cgroup/cpu.cfs_quota_us': `${quota}`,
        'cgroup/cpu.cfs_period_us': `${period}`,
        'cgroup/blkio.throttle.write_bps_device': disks.map(({ number, most }) => `${number} ${most}`).join('\n'),
      });
      expect(policies).toMatchObject([
        {
          memory: { barrier: limit - less, limit, addressSpace: { limit: limit + more, enforce: 'swap' } },
          cpu: { weight: Math.round((shares * 100) / 1024) },
          io: { weight: Math.round(weight / 5) },
        },
      ]);
      const { rate = 0, interval = 1 } = policies[0]?.cpu.bucket ?? {};
      expect(rate * period).toBe(quota * interval);
      const written = disks.map(({ number, most }) => ({ device: `/dev/block/${number}`, writeBytes: most }));
      expect(policies[0]?.io.disks ?? []).toEqual(written);
    }),
    { numRuns: 40 },
  );
});

const bound = fc.record({
  name: fc.stringMatching(/^[a-z]{2,5}\d$/),
  isMoved: fc.boolean(),
  isOptional: fc.boolean(),
});
const folders = fc.subarray(['dri', 'snd', 'dvb/adapter0', 'bus/usb']);

test('devices that are bound come back with the same meaning', () => {
  fc.assert(
    fc.property(fc.uniqueArray(bound, { selector: ({ name }) => name, maxLength: 4 }), folders, (nodes, folders) => {
      const lines = [
        '/dev/sda1 /srv ext3 defaults 0 2',
        ...nodes.map(({ name, isMoved, isOptional }) => {
          return `/dev/${name} /dev/${name}${isMoved ? '-in' : ''} none bind${isOptional ? ',optional' : ''} 0 0`;
        }),
        ...folders.map((name) => `/dev/${name}/ /dev/${name} none rbind 0 0`),
      ];
      const { rules } = web1({ fstab: lines.join('\n') });
      expect(rules.map(({ match, take, node }) => [match.name, take, node?.path])).toEqual([
        ...nodes.map(({ name, isMoved }) => [[name], 'one', isMoved ? `/dev/${name}-in` : undefined]),
        ...folders.map((name) => [[`${name}/*`], 'all', undefined]),
      ]);
    }),
    { numRuns: 40 },
  );
});
