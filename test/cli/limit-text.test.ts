import { expect, test } from 'vitest';
import { bytesText } from '../../src/cli/limit-text.ts';

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
