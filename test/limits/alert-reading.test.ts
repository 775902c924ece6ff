import { expect, test } from 'vitest';
import { isNothing, policyOf, readingOf } from '../../src/limits/alert-reading.ts';
import type { AlertReading } from '../../src/model/alert.ts';

const reading: AlertReading = {
  levels: { rss: 0.5 },
  hits: { rss: 1, swap: 2, data: 4, cpu: 8, 'rss-barrier': 16 },
  guest: 'running',
};

test('each hit is of one resource, refusals and what slows down apart', () => {
  expect(readingOf('rss', reading)).toEqual({ level: 0.5, refusals: 1, slowdowns: 0, victims: [] });
  expect(readingOf('as', reading)).toEqual({ level: undefined, refusals: 6, slowdowns: 0, victims: [] });
  expect(readingOf('cpu', reading)).toEqual({ level: undefined, refusals: 0, slowdowns: 8, victims: [] });
  expect(readingOf('rss-barrier', reading)).toEqual({ level: undefined, refusals: 0, slowdowns: 16, victims: [] });
  expect(isNothing(readingOf('processes', reading))).toBe(true);
  expect(isNothing(readingOf('cpu', reading))).toBe(true);
});

test('a guest that is stopped holds nothing of what has levels', () => {
  const stopped = { ...reading, guest: 'stopped' as const };
  expect(readingOf('rss', stopped)).toMatchObject({ level: 0, refusals: 1 });
  expect(readingOf('oom', stopped)).toMatchObject({ level: undefined });
});

test('the barrier goes by the policy of the memory and a threshold of its own, and a kill by none', () => {
  const rss = { raise: 0.9, clear: 0.8, forMs: 1000 };
  const rules = { alerts: { rss }, cooldownMs: 0 };
  expect(['rss', 'rss-barrier', 'oom-kill', 'cpu'].map((resource) => policyOf(resource as 'rss', rules))).toEqual([
    rss,
    { raise: 0.2, clear: 0.1, forMs: 1000 },
    undefined,
    undefined,
  ]);
});
