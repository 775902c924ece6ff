import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeWord, encodeWord } from '../../src/linux/wire.ts';

test('every text comes back as it was, in one word of printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const word = encodeWord(text);
      expect(word).toMatch(/^[\x21-\x7e]+$/);
      expect(decodeWord(word)).toBe(text.toWellFormed());
    }),
  );
});

test.each([
  ['', '%'],
  ['dev/bus/usb/001/004', 'dev/bus/usb/001/004'],
  ['a b%\n', 'a%20b%25%0A'],
  ['ü', '%C3%BC'],
])('%j is written %s', (text, word) => {
  expect(encodeWord(text)).toBe(word);
});

test('bytes that are no UTF-8 become the replacement character', () => {
  expect(decodeWord('a%FF')).toBe('a\ufffd');
});
