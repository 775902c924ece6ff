import { expect, test } from 'vitest';
import { timeSpanMs } from '../../src/linux/time-span.ts';

test.each([
  ['25min', 1_500_000],
  ['1min 30s', 90_000],
  ['5s', 5000],
  ['1h 1min 1.5s', 3_661_500],
  ['500ms', 500],
  ['2d', 172_800_000],
  ['0', 0],
])('%s is %i ms', (text, ms) => {
  expect(timeSpanMs(text)).toBe(ms);
});

test.each(['infinity', '', '[not set]', '10', '5 parsecs'])('"%s" is no time', (text) => {
  expect(timeSpanMs(text)).toBeUndefined();
});
