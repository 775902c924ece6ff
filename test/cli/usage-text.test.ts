import { expect, test } from 'vitest';
import { sizeText, uptimeText, usageCells } from '../../src/cli/usage-text.ts';

test.each([
  [0, '0K'],
  [412 * 1024, '412K'],
  [999 * 1024, '999K'],
  [1000 * 1024, '1.0M'],
  [98.6 * 2 ** 20, '98.6M'],
  [123.4 * 2 ** 20, '123M'],
  [1.2 * 2 ** 30, '1.2G'],
  [2 ** 60, '1024P'],
])('%i bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

test.each([
  [9_000, '0m09s'],
  [429_000, '7m09s'],
  [11_100_000, '3h05m'],
  [1_047_600_000, '12d03h'],
])('%i ms are %s', (ms, text) => {
  expect(uptimeText(ms)).toBe(text);
});

test('what is not known is a dash, and what is more than was looked at says so', () => {
  expect(usageCells({ tokens: { held: 0, size: 500 } })).toEqual(['-', '-', '-', '-', '-', '0/500', '-']);
  const usage = { processes: 4096, isMore: true, virtualBytes: 1024, residentBytes: 0, uptimeMs: 0 };
  expect(usageCells({ usage })).toEqual(['>4096', '>1K', '>0K', '-', '-', '-', '0m00s']);
});
