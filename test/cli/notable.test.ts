import { expect, test } from 'vitest';
import { notable } from '../../src/cli/notable.ts';
import type { LimitRow } from '../../src/model/limit.ts';

const row = (said: Partial<LimitRow>): LimitRow => ({ resource: 'rss', unit: 'bytes', hits: 0, ...said });
const view = (...rows: readonly LimitRow[]) => ({ guest: 'web1', rows, refusals: [] });

test('rows that are near their limit, or were at it, are left of it, and guests with such a row', () => {
  const [hit, calm] = [row({ hits: 1 }), row({ resource: 'as' })];
  expect(notable([view(hit, calm), view(calm)])).toEqual([view(hit)]);
});

test('a guest that has what it may not have keeps its line for what is refused', () => {
  const refusals = [{ code: 'E_LIMIT', subject: 'web1', detail: 'x' }] as const;
  expect(notable([{ ...view(row({})), refusals }])).toEqual([{ ...view(), refusals }]);
});
