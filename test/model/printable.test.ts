import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPrintable, printable, printableJson } from '../../src/model/printable.ts';

const acts = /[\p{C}\p{Zl}\p{Zp}]/u;

test('no text keeps a character that could act on a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => isPrintable(printable(text)) && !acts.test(printable(text))),
  );
});

test('JSON keeps its value and no such character either', () => {
  const value = fc.record({ text: fc.string({ unit: 'binary' }), list: fc.array(fc.string({ unit: 'grapheme' })) });
  fc.assert(
    fc.property(value, (one) => {
      const json = printableJson(one);
      expect(acts.test(json)).toBe(false);
      expect(JSON.parse(json)).toEqual(one);
    }),
  );
});

test('letters of every script stay as they are', () => {
  expect(printable('Épson 打印机 ẞ — 1/2"')).toBe('Épson 打印机 ẞ — 1/2"');
  expect(isPrintable('Épson 打印机 ẞ — 1/2"')).toBe(true);
});

test.each(['\n', '\x1b', '\u009b', '\u202e', '\u200b', '\u2028', '\u{e000}'])('%j is not printable', (character) => {
  expect(isPrintable(`a${character}b`)).toBe(false);
});
