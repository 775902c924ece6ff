import { expect, test } from 'vitest';
import { hitsSince } from '../../src/cli/hits-since.ts';
import type { LimitRow } from '../../src/model/limit.ts';

const row = (hits: number, resource: LimitRow['resource'] = 'rss'): LimitRow => ({ resource, unit: 'bytes', hits });
const view = (...rows: readonly LimitRow[]) => [{ guest: 'web1', rows, refusals: [] }];

test('hits count from the first look at each guest and resource', () => {
  const since = hitsSince();
  since.look(view(row(5)));
  expect(since.count('web1', row(5))).toBe(0);
  since.look(view(row(8), row(3, 'oom')));
  expect(since.count('web1', row(8))).toBe(3);
  expect(since.count('web1', row(3, 'oom'))).toBe(0);
  expect(since.count('web2', row(9))).toBe(0);
});
