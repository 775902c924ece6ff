import { expect, test } from 'vitest';
import { fits, smallestLimit } from '../../src/lifecycle/shutdown-fit.ts';
import type { ShutdownLimit } from '../../src/model/shutdown.ts';

const limit = (name: string, ms?: number, ends: ShutdownLimit['ends'] = 'guests'): ShutdownLimit => ({
  name,
  ends,
  ...(ms !== undefined && { ms }),
});

test('the shortest that ends guests counts, not a head start nor what comes after them', () => {
  const limits = [limit('unit', 90_000), limit('ever'), limit('job', 30_000), limit('logind', 5000, 'before')];
  expect(smallestLimit([...limits, limit('watchdog', 1, 'after')])?.name).toBe('job');
});

test('what may take for ever always fits', () => {
  expect(smallestLimit([limit('ever'), limit('unread')])).toBeUndefined();
  expect(fits(Number.MAX_SAFE_INTEGER, undefined)).toBe(true);
});

test('guests that take just as long as the host waits have ended', () => {
  expect([fits(30_000, limit('job', 30_000)), fits(30_001, limit('job', 30_000))]).toEqual([true, false]);
});
