import { expect, test } from 'vitest';
import { durationFamily } from '../../src/report/duration-metric.ts';

test('a bucket counts what is in the smaller ones too, and the last one counts all', () => {
  const devices = { bounds: [0.001, 0.1], counts: [4, 2, 1], sum: 3.5 };
  const { samples } = durationFamily('x_seconds', 'X.', { devices });
  expect(samples.map(({ suffix, labels, value }) => [suffix, labels?.le, value])).toEqual([
    ['_bucket', '0.001', 4],
    ['_bucket', '0.1', 6],
    ['_bucket', '+Inf', 7],
    ['_sum', undefined, 3.5],
    ['_count', undefined, 7],
  ]);
  expect(new Set(samples.map(({ labels }) => labels?.action))).toEqual(new Set(['devices']));
});
