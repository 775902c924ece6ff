import { expect, test } from 'vitest';
import { hitsAfter, NO_HITS } from '../../src/limits/hits.ts';
import { limitRows } from '../../src/limits/table.ts';

const rowsOf = (...[held, values, hits = NO_HITS]: Partial<Parameters<typeof limitRows>>) =>
  Object.fromEntries(limitRows(held ?? {}, values ?? {}, hits).map((row) => [row.resource, row]));

test('limits of v2: what has no end is absent', () => {
  const { rss, as, processes, cpu } = rowsOf(
    { rss: { held: 100, most: 300 }, swap: { held: 20 }, processes: { held: 3, most: 9 }, cpuUs: 5_000 },
    {
      'memory.high': 'max',
      'memory.max': '4096',
      'memory.swap.max': '8192',
      'pids.max': '10',
      'cpu.max': '25000 100000',
    },
  );
  expect(rss).toEqual({ resource: 'rss', unit: 'bytes', held: 100, most: 300, limit: 4096, hits: 0 });
  expect(as).toEqual({ resource: 'as', unit: 'bytes', held: 120, limit: 12_288, hits: 0 });
  expect(processes).toEqual({ resource: 'processes', unit: 'count', held: 3, most: 9, limit: 10, hits: 0 });
  expect(cpu).toEqual({ resource: 'cpu', unit: 'cpu', held: 5_000, limit: 250_000, hits: 0 });
});

test('limits of v1: its endless number and -1 are no limits', () => {
  const { rss, as, cpu } = rowsOf(
    {},
    {
      'memory.limit_in_bytes': '9223372036854771712',
      'memory.soft_limit_in_bytes': '4096',
      'memory.memsw.limit_in_bytes': '8192',
      'cpu.cfs_quota_us': '-1',
      'cpu.cfs_period_us': '100000',
    },
  );
  expect(rss).toEqual({ resource: 'rss', unit: 'bytes', barrier: 4096, hits: 0 });
  expect(as).toEqual({ resource: 'as', unit: 'bytes', limit: 8192, hits: 0 });
  expect(cpu).toEqual({ resource: 'cpu', unit: 'cpu', hits: 0 });
});

test('memory without an end has with swap none either', () => {
  expect(rowsOf({}, { 'memory.max': 'max', 'memory.swap.max': '0' }).as).not.toHaveProperty('limit');
});

test('how often swap was used up is known apart, where it was', () => {
  const hits = hitsAfter(NO_HITS, 'life', { swap: 2, data: 3 }, '');
  expect(limitRows({}, {}, hits).find(({ resource }) => resource === 'as')).toMatchObject({ hits: 5, swapHits: 2 });
});

test('hits stand with what they are about', () => {
  const hits = hitsAfter(NO_HITS, 'life', { rss: 1, swap: 2, data: 3, 'oom-kill': 4, processes: 5, cpu: 6 }, '');
  const rows = limitRows({}, {}, hits);
  expect(rows.map(({ resource, hits: count }) => [resource, count])).toEqual([
    ['rss', 1],
    ['as', 5],
    ['oom', 4],
    ['processes', 5],
    ['cpu', 6],
  ]);
});
