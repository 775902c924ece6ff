import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAssignments } from '../../../src/import/openvz/shell.ts';

test.each([
  ['A=1', [{ line: 1, name: 'A', value: '1' }]],
  ['# A=1\n\n  A="b c" # why\n', [{ line: 3, name: 'A', value: 'b c' }]],
  [
    'A="b \\\n  c"\nB=2',
    [
      { line: 1, name: 'A', value: 'b   c' },
      { line: 3, name: 'B', value: '2' },
    ],
  ],
  [
    'A=1;B=2 C=3',
    [
      { line: 1, name: 'A', value: '1' },
      { line: 1, name: 'B', value: '2' },
      { line: 1, name: 'C', value: '3' },
    ],
  ],
  [`export A='x'"y"z\\ w`, [{ line: 1, name: 'A', value: 'xyz w' }]],
  ['A="$VEID/`id`"', [{ line: 1, name: 'A', value: '$VEID/`id`' }]],
  ['A=a#b', [{ line: 1, name: 'A', value: 'a#b' }]],
  [
    'A=1 rm -rf /\nB=2',
    [
      { line: 1, text: 'A=1 rm -rf /' },
      { line: 2, name: 'B', value: '2' },
    ],
  ],
  ['A=$(id)', [{ line: 1, text: 'A=$(id)' }]],
  ['if true; then A=1; fi', [{ line: 1, text: 'if true; then A=1; fi' }]],
  [
    'A="b\nB=2',
    [
      { line: 1, text: 'A="b' },
      { line: 2, name: 'B', value: '2' },
    ],
  ],
  [
    'A=\r\nB=1\r\n',
    [
      { line: 1, name: 'A', value: '' },
      { line: 2, name: 'B', value: '1' },
    ],
  ],
])('%j', (text, expected) => {
  expect(readAssignments(text)).toEqual(expected);
});

const character = fc.constantFrom(...'ab1 :/._-#=%~\t'.split(''), '\\', "'", '"', ';', '\n', 'é');
const piece = fc.oneof(
  fc.string({ unit: character, maxLength: 6 }).map((text) => `'${text.replaceAll("'", '')}'`),
  fc.string({ unit: character, maxLength: 6 }).map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`),
  fc.stringMatching(/^[a-z0-9:/._%-]{1,6}$/),
  fc.constantFrom('\\ ', '\\\n', "\\'", '\\"', '\\#', '"\\\n"', '"\\a"'),
);
const value = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
const ending = fc.constantFrom('\n', ' # why\n', ';', ' \n\n', ' ', '\t# A="x\n');

test('values are what the shell makes of them', () => {
  fc.assert(
    fc.property(value, value, ending, (one, other, between) => {
      const text = `ONE=${one}${between}OTHER=${other}\n`;
      const { stdout, status } = spawnSync('sh', ['-c', `${text}printf '%s\\n|%s' "$ONE" "$OTHER"`], {
        encoding: 'utf8',
        env: {},
      });
      expect(status).toBe(0);
      const [first, second] = readAssignments(text).map((statement) => ('value' in statement ? statement.value : '?'));
      expect(`${first}\n|${second}`).toBe(stdout);
    }),
    { numRuns: 150 },
  );
});

test('every text is read to its end, and no part of a line is lost', () => {
  const any = fc.string({ unit: fc.constantFrom(...'AB=12 "\'\\#;\n$()`'.split('')), maxLength: 40 });
  fc.assert(
    fc.property(any, (text) => {
      const lines = text.split('\n').length;
      for (const { line } of readAssignments(text)) expect(line).toBeLessThanOrEqual(lines);
    }),
    { numRuns: 500 },
  );
});
