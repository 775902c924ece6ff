import { expect, test } from 'vitest';
import { columns } from '../../src/cli/table.ts';

function plain(lines: ReturnType<typeof columns>): readonly string[] {
  return lines.map((line) =>
    [line]
      .flat()
      .map((span) => (typeof span === 'string' ? span : span.text))
      .join(''),
  );
}

test('a column is as wide as its widest cell as it is shown, the last one is not padded', () => {
  const lines = columns(
    ['A', 'B'],
    [
      ['x\n', { text: 'red', colour: 'red' }],
      ['', 'long'],
    ],
  );
  expect(plain(lines)).toEqual(['A      B', 'x\n  red', '       long']);
});

test('without names there is no line of names', () => {
  expect(plain(columns([], [['a', 'b']]))).toEqual(['a  b']);
  expect(columns([], [])).toEqual([]);
});
