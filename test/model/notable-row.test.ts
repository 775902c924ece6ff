import { expect, test } from 'vitest';
import type { LimitRow } from '../../src/model/limit.ts';
import { isNotable } from '../../src/model/notable-row.ts';

const row = (said: Partial<LimitRow>): LimitRow => ({ resource: 'rss', unit: 'bytes', hits: 0, ...said });

test.each([
  [row({ hits: 1 }), true],
  [row({ held: 50, limit: 100 }), true],
  [row({ held: 49, limit: 100 }), false],
  [row({ held: 50 }), false],
  [row({ limit: 100 }), false],
  [row({ resource: 'cpu', unit: 'cpu', held: 5_000_000, limit: 250_000 }), false],
  [row({ resource: 'cpu', unit: 'cpu', hits: 3 }), true],
])('of %j it is %s that it is near its limit, or was at it', (one, isNear) => {
  expect(isNotable(one)).toBe(isNear);
});
