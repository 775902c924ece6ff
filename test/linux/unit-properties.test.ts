import { expect, test } from 'vitest';
import { isUnit, unitWrites } from '../../src/linux/unit-properties.ts';

const nothing = () => undefined;

test.each([
  ['/machine.slice/systemd-nspawn@m1.service', true],
  ['/machine.slice/machine-m1.scope', true],
  ['/lxc.payload.web1', false],
  ['/machine.slice/machine-m1.scope/payload', false],
])('%s is a unit: %j', (cgroup, is) => {
  expect(isUnit(cgroup)).toBe(is);
});

test('what systemd has a property for is asked of it in one go, and the rest written in its place', () => {
  expect(
    unitWrites(
      [
        { file: 'cpu.max.burst', value: '0' },
        { file: 'cpu.max', value: '250000 1000000' },
        { file: 'memory.swap.max', value: '536870912' },
        { file: 'io.weight', value: 'default 50' },
        { file: 'cpu.max.burst', value: '250000' },
        { file: 'memory.oom.group', value: '1' },
      ],
      nothing,
    ),
  ).toEqual([
    { by: 'file', writes: [{ file: 'cpu.max.burst', value: '0' }] },
    {
      by: 'systemd',
      properties: ['CPUQuotaPerSecUSec=250000', 'CPUQuotaPeriodUSec=1000000', 'MemorySwapMax=536870912', 'IOWeight=50'],
    },
    {
      by: 'file',
      writes: [
        { file: 'cpu.max.burst', value: '250000' },
        { file: 'memory.oom.group', value: '1' },
      ],
    },
  ]);
});

test('what makes its writer wait is there before systemd is told of it', () => {
  const max = { file: 'memory.max', value: '536870912' } as const;
  expect(unitWrites([{ file: 'memory.swap.max', value: '50' }, max], nothing)).toEqual([
    { by: 'systemd', properties: ['MemorySwapMax=50'] },
    { by: 'file', writes: [max] },
    { by: 'systemd', properties: ['MemoryMax=536870912'] },
  ]);
});

test('that a guest is to stand still is past systemd, which would keep it so', () => {
  const still = { file: 'cpu.max', value: '1000 1000000' } as const;
  expect(unitWrites([still], nothing)).toEqual([{ by: 'file', writes: [still] }]);
  const onV1 = { file: 'cpu.cfs_quota_us', value: '1000' } as const;
  expect(unitWrites([onV1], () => '1000000')).toEqual([{ by: 'file', writes: [onV1] }]);
});

test('without a quota systemd is told so', () => {
  expect(unitWrites([{ file: 'cpu.max', value: 'max 100000' }], nothing)).toEqual([
    { by: 'systemd', properties: ['CPUQuotaPerSecUSec=max', 'CPUQuotaPeriodUSec=100000'] },
  ]);
});

const HELD: Readonly<Record<string, string>> = { 'cpu.cfs_quota_us': '50000', 'cpu.cfs_period_us': '200000' };

test.each([
  [
    'both',
    [
      ['cpu.cfs_quota_us', '25000'],
      ['cpu.cfs_period_us', '100000'],
    ],
    '250000',
    '100000',
  ],
  [
    'one in two steps, so that it is never too much',
    [
      ['cpu.cfs_quota_us', '1000'],
      ['cpu.cfs_period_us', '100000'],
      ['cpu.cfs_quota_us', '25000'],
    ],
    '250000',
    '100000',
  ],
  ['the quota alone', [['cpu.cfs_quota_us', '20000']], '100000', '200000'],
  ['the period alone', [['cpu.cfs_period_us', '100000']], '500000', '100000'],
  ['no quota any more', [['cpu.cfs_quota_us', '-1']], 'max', '200000'],
] as const)('the two files of v1 are one quota to systemd: %s', (_, writes, perSecond, period) => {
  const around = [
    { file: 'cpu.cfs_burst_us', value: '0' },
    { file: 'cpu.shares', value: '7' },
  ] as const;
  const some = writes.map(([file, value]) => ({ file, value }));
  expect(unitWrites([around[0], ...some, around[1]], (file) => HELD[file])).toEqual([
    { by: 'file', writes: [around[0]] },
    { by: 'systemd', properties: [`CPUQuotaPerSecUSec=${perSecond}`, `CPUQuotaPeriodUSec=${period}`, 'CPUShares=7'] },
  ]);
});

test('whatever the quota is, systemd writes just that', () => {
  for (let quota = 1_001; quota < 400_000; quota += 777) {
    for (const period of [3_777, 100_000, 350_000, 999_999]) {
      const [group] = unitWrites([{ file: 'cpu.max', value: `${quota} ${period}` }], nothing);
      const [perSecond = ''] = group?.by === 'systemd' ? group.properties : [];
      const written = Math.floor((Number(perSecond.split('=')[1]) * period) / 1_000_000);
      expect(written).toBe(quota);
    }
  }
});
