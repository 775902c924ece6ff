import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBytes } from '../../src/config/quantity.ts';
import { amountSum, exactText, pagesSum } from '../../src/import/amount.ts';

test('an amount is written exactly, in the largest unit of which it is whole', () => {
  expect([1n, 1024n, 3n << 19n, 512n << 20n, 1n << 40n].map(exactText)).toEqual([
    '1B',
    '1KiB',
    '1536KiB',
    '512MiB',
    '1TiB',
  ]);
  expect([exactText(0n), exactText(-1n)]).toEqual([undefined, undefined]);
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 1n << 52n }), (bytes) => {
      expect(parseBytes(exactText(bytes) ?? '')).toBe(Number(bytes));
    }),
  );
});

test('the arithmetic is shown, and what is rounded beside what is exact', () => {
  expect(pagesSum(5000n)).toBe('5000 pages of 4 KiB = 20000KiB (19.5MiB)');
  expect(pagesSum(256n)).toBe('256 pages of 4 KiB = 1MiB');
  expect(amountSum(0n)).toBe('0B');
});
