import { expect, test } from 'vitest';
import { alertLevels, looksEveryMs } from '../../src/limits/levels.ts';

test('the level is the share of the limit that is held, never more than all of it', () => {
  expect(
    alertLevels(
      [
        { resource: 'rss', unit: 'bytes', held: 90, limit: 100, hits: 0 },
        { resource: 'as', unit: 'bytes', held: 150, limit: 100, hits: 0 },
        { resource: 'processes', unit: 'count', held: 0, limit: 0, hits: 0 },
      ],
      {},
    ),
  ).toEqual({ rss: 0.9, as: 1, processes: 1 });
});

test('of what has no end nothing is held, so that an alert about it is over; what is not read has no level', () => {
  expect(
    alertLevels(
      [
        { resource: 'rss', unit: 'bytes', held: 90, hits: 0 },
        { resource: 'as', unit: 'bytes', limit: 100, hits: 0 },
        { resource: 'oom', unit: 'count', held: 1, limit: 1, hits: 3 },
      ],
      {},
    ),
  ).toEqual({ rss: 0 });
});

test('levels are read three times in the shortest time that an alert waits, within bounds, and not for nobody', () => {
  const alert = (forMs: number) => ({ raise: 0.9, clear: 0.8, forMs });
  expect(looksEveryMs({}, 'v2')).toBeUndefined();
  expect(looksEveryMs({ rss: alert(15_000), as: alert(60_000) }, 'v2')).toBe(5_000);
  expect(looksEveryMs({ rss: alert(600_000) }, 'v2')).toBe(10_000);
  expect(looksEveryMs({ rss: alert(0) }, 'v2')).toBe(1_000);
});

test('what is only cached is no memory that a guest is short of', () => {
  const rows = [{ resource: 'rss', unit: 'bytes', held: 100, limit: 100, hits: 0 }] as const;
  expect(alertLevels(rows, { fixed: 40 })).toEqual({ rss: 0.4 });
});

test('nor of address space, of which it has what is fixed and what is in swap', () => {
  const rows = [{ resource: 'as', unit: 'bytes', held: 100, limit: 100, hits: 0 }] as const;
  expect(alertLevels(rows, { fixed: 40, swap: { held: 10 } })).toEqual({ as: 0.5 });
  expect(alertLevels(rows, { fixed: 40 })).toEqual({ as: 1 });
});

test('a guest that waits for memory at its barrier does so for a share of the time, and below it for the host', () => {
  const row = { resource: 'rss', unit: 'bytes', barrier: 100, hits: 0 } as const;
  expect(alertLevels([{ ...row, held: 98 }], { memoryStall: 0.3 })).toMatchObject({ 'rss-barrier': 0.3 });
  expect(alertLevels([{ ...row, held: 80 }], { memoryStall: 0.3 })).toMatchObject({ 'rss-barrier': 0 });
  expect(alertLevels([{ resource: 'rss', unit: 'bytes', held: 98, hits: 0 }], { memoryStall: 0.3 })).toMatchObject({
    'rss-barrier': 0,
  });
  expect(alertLevels([{ ...row, held: 98 }], {})).not.toHaveProperty('rss-barrier');
});

test('one without a barrier, or with one above its limit, does so at its limit', () => {
  const row = { resource: 'rss', unit: 'bytes', limit: 100, hits: 0 } as const;
  expect(alertLevels([{ ...row, held: 98 }], { memoryStall: 0.3 })).toMatchObject({ 'rss-barrier': 0.3 });
  expect(alertLevels([{ ...row, barrier: 200, held: 98 }], { memoryStall: 0.3 })).toMatchObject({ 'rss-barrier': 0.3 });
  expect(alertLevels([{ ...row, held: 80 }], { memoryStall: 0.3 })).toMatchObject({ 'rss-barrier': 0 });
});

test('on v1 a guest is looked at in any case: its kernel does not tell of refused processes', () => {
  expect(looksEveryMs({}, 'v1')).toBe(10_000);
});
