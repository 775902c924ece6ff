import { expect, test } from 'vitest';
import { notable } from '../../src/cli/notable.ts';
import type { LimitRow } from '../../src/model/limit.ts';

const row = (said: Partial<LimitRow>): LimitRow => ({ resource: 'rss', unit: 'bytes', hits: 0, ...said });
const view = (...rows: readonly LimitRow[]) => ({ guest: 'web1', rows, refusals: [] });

test.each([
  [row({ hits: 1 }), true],
  [row({ held: 50, limit: 100 }), true],
  [row({ held: 49, limit: 100 }), false],
  [row({ held: 50 }), false],
  [row({ limit: 100 }), false],
  [row({ resource: 'cpu', unit: 'cpu', held: 5_000_000, limit: 250_000 }), false],
  [row({ resource: 'cpu', unit: 'cpu', hits: 3 }), true],
])('of %j it is %s that it is shown', (one, isShown) => {
  expect(notable([view(one)])).toEqual(isShown ? [view(one)] : []);
});

test('a guest that has what it may not have keeps its line for what is refused', () => {
  const refusals = [{ code: 'E_LIMIT', subject: 'web1', detail: 'x' }] as const;
  expect(notable([{ ...view(row({})), refusals }])).toEqual([{ ...view(), refusals }]);
});
