import { expect, test } from 'vitest';
import { sinceMs } from '../../src/cli/since.ts';

const now = Date.UTC(2026, 2, 1, 12);

test.each([
  ['30s', now - 30_000],
  ['10m', now - 600_000],
  ['2h', now - 7_200_000],
  ['1d', now - 86_400_000],
  ['0s', now],
  ['2026-03-01', Date.UTC(2026, 2, 1)],
  ['2026-03-01T11:15Z', Date.UTC(2026, 2, 1, 11, 15)],
  ['2026-03-01T11:15:30.500+01:00', Date.UTC(2026, 2, 1, 10, 15, 30, 500)],
])('%s', (text, at) => {
  expect(sinceMs(text, now)).toBe(at);
});

test.each(['', 'yesterday', '10', '10x', '-5m', '1.5h', '2026-13-01', '2026-03-01 11:15', '9999999d'])(
  '"%s" is no time',
  (text) => {
    expect(sinceMs(text, now)).toBeUndefined();
  },
);
