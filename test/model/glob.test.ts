import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globProblem, isLiteral, literalStart } from '../../src/model/glob.ts';
import { globMatches } from '../../src/model/glob-match.ts';

test.each([
  ['', 'an empty glob matches nothing; write * for anything, or leave the key out'],
  ['[a-', 'the set [a- is never closed; write ] at its end, or \\[ for the character itself'],
  ['x[!a', 'the set [!a is never closed; write ] at its end, or \\[ for the character itself'],
  ['[a\\]', 'the set [a\\] is never closed; write ] at its end, or \\[ for the character itself'],
  ['[z-a]', 'the range z-a runs backwards; write a-z'],
  ['[\\z-\\a]', 'the range \\z-\\a runs backwards; write \\a-\\z'],
  ['[]', '[] is an empty set; write \\] for the character itself'],
  ['[!]a]', '[!] is an empty set; write \\] for the character itself'],
  ['[^a]', 'in a set ! negates, not ^; write [!...]'],
  ['[[:digit:]]', 'character classes are not known; write the range, such as [0-9a-f]'],
  ['a\\', 'a backslash at the end quotes nothing; write \\\\ for a backslash'],
  ['usb|tty', 'globs know no |; write a list, [a, b], or \\| for the character itself'],
  ['{usb,tty}', 'globs know no {a,b}; write a list, [a, b], or \\{ for the character itself'],
  ['a\tb', '"a\\tb" contains a control character; write ? in its place'],
  ['x'.repeat(1025), 'a glob of 1025 characters; no value is that long, write * for most of it'],
])('%j: %s', (glob, says) => {
  expect(globProblem(glob)).toBe(says);
});

/** A glob in parts, each with a text that it matches. */
const part = fc.oneof(
  fc.constantFrom('a', '/', '-', ']', '!', 'ß', '\u{1f50c}', '{', '}').map((text) => ({ glob: text, text })),
  fc.constantFrom('*', '?', '[', ']', '\\', '|', '{').map((text) => ({ glob: `\\${text}`, text })),
  fc.string({ maxLength: 3 }).map((text) => ({ glob: '*', text })),
  fc.constantFrom('x', '\u{1f50c}').map((text) => ({ glob: '?', text })),
  fc.constantFrom('a', 'm', 'z').map((text) => ({ glob: '[a-z]', text })),
  fc.constantFrom('0', '/').map((text) => ({ glob: '[!a-z]', text })),
  fc.constantFrom('-', 'a', '[', ']', '\\').map((text) => ({ glob: '[-a[\\]\\\\]', text })),
  fc.constantFrom('b', '-').map((text) => ({ glob: '[b-]', text })),
);
const parts = fc.array(part, { minLength: 1, maxLength: 8 });

test('every glob that is let through can match: what its parts match, together', () => {
  fc.assert(
    fc.property(parts, (chosen) => {
      const glob = chosen.map((one) => one.glob).join('');
      const text = chosen.map((one) => one.text).join('');
      expect(globProblem(glob)).toBeUndefined();
      expect(globMatches(glob, text)).toBe(true);
      expect(text.startsWith(literalStart(glob))).toBe(true);
      if (isLiteral(glob)) expect(text).toBe(glob);
    }),
    { numRuns: 2000 },
  );
});

test('every text is judged, however it is broken', () => {
  const symbol = fc.constantFrom(...'[]!^-\\*?az{},|:.=', '\u{1f50c}', '\ud83d');
  fc.assert(
    fc.property(fc.array(symbol, { maxLength: 12 }), (symbols) => {
      const says = globProblem(symbols.join(''));
      expect(says === undefined || says.includes(';')).toBe(true);
    }),
    { numRuns: 5000 },
  );
});
