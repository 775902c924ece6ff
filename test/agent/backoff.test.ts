import { expect, test } from 'vitest';
import { backoffMs, nextRetry } from '../../src/agent/backoff.ts';

test('the wait doubles with each failure and ends at half a minute', () => {
  expect([1, 2, 3, 4].map(backoffMs)).toEqual([50, 100, 200, 400]);
  expect(backoffMs(100)).toBe(30_000);
});

test('tries that events brought forward do not move the next one away', () => {
  const first = nextRetry(undefined, 1000);
  expect(first).toEqual({ failuresInARow: 1, at: 1050 });
  expect(nextRetry(first, 1010)).toEqual(first);
  expect(nextRetry(first, 1050)).toEqual({ failuresInARow: 2, at: 1150 });
});
