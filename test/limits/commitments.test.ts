import { describe, expect, test } from 'vitest';
import { bursts, commitments } from '../../src/limits/commitments.ts';
import type { BucketPolicy, Policy } from '../../src/model/policy.ts';
import { configOf } from '../fakes/configuration.ts';
import { policy } from './policy.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const HOST = { cpus: 2, ramBytes: 4 * GiB, swapBytes: 2 * GiB, processes: 1000 };

function config(...policies: readonly Policy[]) {
  return { ...configOf(), policies };
}

function bucket(rate: number, interval: number, size = 500): BucketPolicy {
  return { rate, interval, tickUs: 1000, size, threshold: 0, hold: 'smooth', refill: 'steady' };
}

const WEB = policy({
  name: 'web',
  guests: ['web*'],
  memory: { limit: GiB, low: 512 * MiB, addressSpace: { limit: 2 * GiB, enforce: 'swap' } },
  cpu: { guarantee: false, bucket: bucket(1, 2) },
  processes: 400,
});
const DB = policy({
  name: 'db',
  guests: ['db*'],
  memory: { limit: 2 * GiB, min: GiB, addressSpace: { limit: 64 * GiB, enforce: 'data' } },
  cpu: { guarantee: true, bucket: bucket(3, 2) },
});

function rowsOf(guests: readonly string[]) {
  const rows = commitments(config(WEB, DB), guests, HOST);
  return Object.fromEntries(rows.map(({ key, committed, available, level }) => [key, [committed, available, level]]));
}

describe('what guests may use together', () => {
  test('is beside what the host has of it', () => {
    expect(rowsOf(['web1', 'web2', 'db1'])).toEqual({
      'cpu.guarantee': [1.5, 2, 'ok'],
      'memory.min': [GiB, 4 * GiB, 'ok'],
      'memory.low': [GiB, 4 * GiB, 'ok'],
      'memory.rss.limit': [4 * GiB, 4 * GiB, 'ok'],
      'memory.as.limit': [4 * GiB, 6 * GiB, 'ok'],
      'cpu.bucket': [2.5, 2, 'recommendation'],
      'processes.limit': [800, 1000, 'recommendation'],
    });
  });

  test('is an error where it is guaranteed, and a warning where it is only a limit', () => {
    const rows = rowsOf([
      'web1',
      'web2',
      'web3',
      'web4',
      'web5',
      'web6',
      'web7',
      'web8',
      'web9',
      'db1',
      'db2',
      'db3',
      'db4',
      'db5',
    ]);
    expect(Object.values(rows).map(([, , level]) => level)).toEqual([
      'error',
      'error',
      'warning',
      'warning',
      'warning',
      'recommendation',
      'warning',
    ]);
  });

  test('leaves out who has no such limit, and says who that is', () => {
    const rows = commitments(config(WEB, DB), ['web1', 'db1', 'mail'], HOST);
    const unlimited = Object.fromEntries(rows.map((row) => [row.key, row.unlimited]));
    expect(unlimited['memory.rss.limit']).toEqual(['mail']);
    expect(unlimited['processes.limit']).toEqual(['mail', 'db1']);
    expect(rows.find(({ key }) => key === 'memory.rss.limit')?.level).toBe('recommendation');
  });
});

test.each([
  [['web1'], { savedUs: 500_000, lastsUs: 333_333 }, 'half a second, of which one and a half processors take a third'],
  [['web1', 'web2', 'db1'], { savedUs: 1_500_000 }, 'what they earn alone is more than the host has'],
  [['mail'], { savedUs: 0, lastsUs: 0 }, 'nobody has a bucket'],
])('the bursts of %j together are %j: %s', (guests, expected, _why) => {
  expect(bursts(config(WEB, DB), guests, HOST)).toEqual(expected);
});
