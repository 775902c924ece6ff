import { expect, test } from 'vitest';
import { backoffMs } from '../../src/agent/backoff.ts';

test('the wait doubles with each failure and ends at half a minute', () => {
  expect([1, 2, 3, 4].map(backoffMs)).toEqual([50, 100, 200, 400]);
  expect(backoffMs(100)).toBe(30_000);
});
