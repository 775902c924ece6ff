import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const TESTS = join(import.meta.dirname, '..');
/** `| NUMBER | STORY | ON WHAT | FILE | TITLE |`; a story that goes on has no number, one without a test no file. */
const ROW = /^\| (\d*) ?\| [^|]+ \| ([^|]+ )?\| (?:`([^`]+)`)? ?\| ([^|]+) \|$/;
const STORIES = 30;
/** Their test is still to be written. */
const MISSING = ['27'];

const rows = readFileSync(join(TESTS, 'README.md'), 'utf8')
  .split('\n')
  .map((line) => ROW.exec(line))
  .filter((found) => found !== null)
  .map(([, number = '', ground = '', file = '', title = '']) => ({ number, ground, file, title }));

test('the page of the tests tells every story once, in order', () => {
  const numbers = rows.flatMap(({ number }) => number || []);
  expect(numbers).toEqual(Array.from({ length: STORIES }, (_, index) => `${index + 1}`));
  expect(rows.filter(({ file }) => file === '').map(({ number }) => number)).toEqual(MISSING);
  expect(rows.filter(({ ground }) => ground === '').map(({ number }) => number)).toEqual(MISSING);
});

test.each(rows.filter(({ file }) => file !== ''))(
  '$file has the test that the page names: $title',
  ({ file, title }) => {
    const lines = readFileSync(join(TESTS, file), 'utf8').split('\n');
    expect(lines.filter((line) => isTitled(line, title))).toHaveLength(1);
  },
);

// What the test itself puts in is left open.
function isTitled(line: string, title: string): boolean {
  const [, written = ''] = /(['"`])(.*)\1/.exec(line)?.slice(1) ?? [];
  const pattern = title
    .split('…')
    .map((part) => RegExp.escape(part))
    .join('(?:\\$\\{?[\\w.* ]+\\}?|%[is])');
  return new RegExp(`^${pattern}$`).test(written);
}
