import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrapped } from '../../src/cli/wrap.ts';

test('wrapping changes nothing but the blanks, and a line is longer than 80 only for one long word', () => {
  const word = fc.stringMatching(/^[a-z]{1,90}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.nat(20), (words, margin) => {
      const indent = ' '.repeat(margin);
      const lines = wrapped(words.join(' '), indent);
      expect(lines.join(' ').split(/ +/).filter(Boolean)).toEqual(words);
      for (const line of lines) expect(line.length <= 80 || !line.trimStart().includes(' ')).toBe(true);
      for (const line of lines) expect(line.startsWith(indent)).toBe(true);
    }),
  );
});
