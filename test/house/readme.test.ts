import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const TESTS = join(import.meta.dirname, '..');
/** `| NUMBER | STORY | ON WHAT | FILE | TITLE |`, or without ON WHAT; a story that goes on has no number, what has no test no file. */
const ROW = /^\| (\d*) ?\| (.+) \|$/;
/** How many stories there are, and of which of them nothing has a test. */
const TABLES: Readonly<Record<string, { readonly stories: number; readonly missing: readonly string[] }>> = {
  'What a device must survive': { stories: 30, missing: ['27'] },
  'What a limit must do': { stories: 30, missing: [] },
  "What a guest's life must survive": { stories: 24, missing: [] },
};
const WITHOUT_TEST = 'not yet';
/** By a part of a bench. */
const MEASURED = 'measured';

const tables = readFileSync(join(TESTS, 'README.md'), 'utf8')
  .split(/^## /m)
  .map((section) => ({ name: section.split('\n', 1)[0] ?? '', rows: section.split('\n').flatMap(rowOf) }))
  .filter(({ rows }) => rows.length > 0);

function rowOf(line: string) {
  const [, number = '', rest = ''] = ROW.exec(line) ?? [];
  const [story = '', ...cells] = rest.split('|').map((cell) => cell.trim());
  const [title = '', file = '', ground] = cells.reverse();
  return story === '' || story === 'story' ? [] : [{ number, story, ground, file: file.replaceAll('`', ''), title }];
}

test('the page of the tests tells of devices, of limits and of the life of guests', () => {
  expect(tables.map(({ name }) => name)).toEqual(Object.keys(TABLES));
});

describe.each(tables)('$name', ({ name, rows }) => {
  const untold = rows.filter(({ file }) => file === '');
  const measured = rows.filter(({ file, title }) => file !== '' && title === MEASURED);
  const tried = rows.filter((row) => !untold.includes(row) && !measured.includes(row));

  test('every story is told once, in order', () => {
    const numbers = rows.flatMap(({ number }) => number || []);
    expect(numbers).toEqual(Array.from({ length: TABLES[name]?.stories ?? 0 }, (_, index) => `${index + 1}`));
    expect(untold.flatMap(({ number }) => number || [])).toEqual(TABLES[name]?.missing);
  });

  test('what has a test says on what it is told, where the table has that', () => {
    expect(rows.filter(({ file, ground }) => file !== '' && ground === '')).toEqual([]);
  });

  test('what has no test says so', () => {
    expect(untold.filter(({ title }) => title !== WITHOUT_TEST)).toEqual([]);
  });

  test('what is measured is a part of the bench', () => {
    const benches = ['limits', 'lifecycle'].map((part) => readFileSync(join(TESTS, `../bench/${part}.ts`), 'utf8'));
    const bench = benches.join('');
    for (const { file } of measured) expect(bench).toContain(`from './${basename(file)}';`);
  });

  test.each(tried)('$file has the test that the page names: $title', ({ file, title }) => {
    const lines = readFileSync(join(TESTS, file), 'utf8').split('\n');
    expect(lines.filter((line) => isTitled(line, title))).toHaveLength(1);
  });
});

// What the test itself puts in is left open.
function isTitled(line: string, title: string): boolean {
  const [, written = ''] = /(['"`])(.*)\1/.exec(line)?.slice(1) ?? [];
  const pattern = title
    .split('…')
    .map((part) => RegExp.escape(part))
    .join('(?:\\$\\{?[\\w.* ]+\\}?|%[isd])');
  return new RegExp(`^${pattern}$`).test(written);
}
