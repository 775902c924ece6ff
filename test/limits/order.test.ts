import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderedWrites } from '../../src/limits/order.ts';
import type { LimitFile, LimitValues } from '../../src/model/limit.ts';
import { law } from '../devices/law.ts';

const order = (held: LimitValues, wanted: LimitValues) =>
  orderedWrites(held, wanted).map(({ file, value }) => `${file} ${value}`);

describe('the writes that change limits', () => {
  test('are none where everything is as wanted', () => {
    expect(order({ 'cpu.max': '25000 100000', 'pids.max': '5' }, { 'cpu.max': '25000 100000' })).toEqual([]);
  });

  test('take the burst away before a quota below it, and bring it back after', () => {
    const held = { 'cpu.max': '50000 50000', 'cpu.max.burst': '50000' };
    expect(order(held, { 'cpu.max': '20000 20000', 'cpu.max.burst': '20000' })).toEqual([
      'cpu.max.burst 0',
      'cpu.max 20000 20000',
      'cpu.max.burst 20000',
    ]);
    expect(order(held, { 'cpu.max': '20000 20000', 'cpu.max.burst': '0' })).toEqual([
      'cpu.max.burst 0',
      'cpu.max 20000 20000',
    ]);
  });

  test('raise memory and swap before memory alone, and lower them after it', () => {
    const [small, big] = [
      { 'memory.limit_in_bytes': '100', 'memory.memsw.limit_in_bytes': '150' },
      { 'memory.limit_in_bytes': '200', 'memory.memsw.limit_in_bytes': '300' },
    ];
    expect(order(small, big)).toEqual(['memory.memsw.limit_in_bytes 300', 'memory.limit_in_bytes 200']);
    expect(order(big, small)).toEqual(['memory.limit_in_bytes 100', 'memory.memsw.limit_in_bytes 150']);
  });
});

const amounts = fc.integer({ min: 1, max: 1000 }).map((thousands) => thousands * 1000);
const quotas = fc
  .record({ quota: amounts, part: fc.integer({ min: 0, max: 4 }), period: amounts })
  .map(({ quota, part, period }) => ({ quota, burst: (quota / 4) * part, period }));
const memories = fc.tuple(amounts, amounts).map(([ram, swap]) => ({ ram, both: ram + swap }));
const worlds = fc.record({ cpu: quotas, memory: memories }).map(({ cpu, memory }) => ({
  v1: {
    'cpu.cfs_quota_us': `${cpu.quota}`,
    'cpu.cfs_period_us': `${cpu.period}`,
    'cpu.cfs_burst_us': `${cpu.burst}`,
    'memory.limit_in_bytes': `${memory.ram}`,
    'memory.memsw.limit_in_bytes': `${memory.both}`,
  },
  v2: { 'cpu.max': `${cpu.quota} ${cpu.period}`, 'cpu.max.burst': `${cpu.burst}` },
}));
const UNLIMITED = {
  v1: { 'cpu.cfs_quota_us': '-1', 'cpu.cfs_period_us': '100000', 'cpu.cfs_burst_us': '0' },
  v2: { 'cpu.max': 'max 100000', 'cpu.max.burst': '0' },
} as const;

for (const version of ['v1', 'v2'] as const) {
  law(
    `lead ${version} from anywhere to anywhere: none is refused, and the share is never above both ends`,
    fc.tuple(fc.oneof(worlds, fc.constant(UNLIMITED)), worlds),
    ([from, to]) => {
      const [held, wanted]: readonly [LimitValues, LimitValues] = [from[version], to[version]];
      const most = Math.max(shareOf(held), shareOf(wanted));
      let kernel = held;
      for (const { file, value } of orderedWrites(held, wanted)) {
        kernel = { ...kernel, [file]: value };
        expect(refusal(kernel)).toBeUndefined();
        expect(shareOf(kernel)).toBeLessThanOrEqual(most);
      }
      expect(kernel).toMatchObject(wanted);
      expect(orderedWrites(kernel, wanted)).toEqual([]);
    },
  );
}

/** What the kernel answers EINVAL to. */
function refusal(values: LimitValues): LimitFile | undefined {
  const of = (file: LimitFile, absent = Number.POSITIVE_INFINITY) => {
    const number = Number.parseInt(values[file] ?? '', 10);
    return Number.isNaN(number) || number < 0 ? absent : number;
  };
  if (of('cpu.max.burst', 0) > of('cpu.max')) return 'cpu.max.burst';
  if (of('cpu.cfs_burst_us', 0) > of('cpu.cfs_quota_us')) return 'cpu.cfs_burst_us';
  if (of('memory.limit_in_bytes', 0) > of('memory.memsw.limit_in_bytes')) return 'memory.limit_in_bytes';
  return undefined;
}

function shareOf(values: LimitValues): number {
  const [quota = '', period = ''] = values['cpu.max']?.split(' ') ?? [
    values['cpu.cfs_quota_us'],
    values['cpu.cfs_period_us'],
  ];
  return quota === 'max' || quota === '-1' ? Number.POSITIVE_INFINITY : Number(quota) / Number(period);
}

test('memory is given before it is taken', () => {
  const held = { 'memory.low': '0', 'memory.max': '800', 'memory.swap.max': '0' };
  const wanted = { 'memory.low': '100', 'memory.max': '400', 'memory.swap.max': '400' };
  const files = (from: LimitValues, to: LimitValues) => orderedWrites(from, to).map(({ file }) => file);
  expect(files(held, wanted)).toEqual(['memory.low', 'memory.swap.max', 'memory.max']);
  expect(files(wanted, held)).toEqual(['memory.max', 'memory.low', 'memory.swap.max']);
});
