import { expect, test } from 'vitest';
import { bytesText, shareText } from '../../src/model/amount-text.ts';

test.each([
  [0, '0B'],
  [1023, '1023B'],
  [1024, '1KiB'],
  [1536, '1.5KiB'],
  [512 * 1024 * 1024, '512MiB'],
  [2 ** 50, '1024TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each([
  [0.25, '25%'],
  [1.005, '100.5%'],
  [1 / 3, '33.3%'],
])('the share %d is %s', (share, text) => {
  expect(shareText(share)).toBe(text);
});
