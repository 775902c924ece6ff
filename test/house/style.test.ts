import { expect, test } from 'vitest';
import { sources } from './sources.ts';

const LONGEST_FILE = 300;
const LONGEST_FUNCTION = 50;

const typescript = [...sources('src', '.ts'), ...sources('native', '.ts')];
const c = sources('native', '.c', '.h');

test('no source file is longer than 300 lines', () => {
  const long = [...typescript, ...c].filter(({ text }) => text.split('\n').length > LONGEST_FILE);
  expect(long.map(({ path }) => path)).toEqual([]);
});

test('no function in C is longer than 50 lines', () => {
  expect(c.flatMap(({ path, text }) => longFunctions(text).map((line) => `${path}:${line}`))).toEqual([]);
});

test('nothing is exported by default and no class hides behind a cast', () => {
  expect(typescript.filter(({ text }) => /^export default/m.test(text)).map(({ path }) => path)).toEqual([]);
});

test('casts stand at the edge only: in config and linux', () => {
  const inside = typescript.filter(({ path }) => !/^src\/(config|linux)\/|^native\//.test(path));
  const casting = inside.filter(({ text }) => /\bas (?!const\b)[A-Za-z{(]/.test(withoutComments(text)));
  expect(casting.map(({ path }) => path)).toEqual([]);
});

test('no marker of unfinished work is left', () => {
  const marker = new RegExp(
    `\\b(${['TO', 'FIX', 'XX', 'HA'].map((a, i) => a + ['DO', 'ME', 'X', 'CK'][i]).join('|')})\\b`,
  );
  const everything = [
    ...typescript,
    ...c,
    ...sources('test', '.ts', '.c'),
    ...sources('scripts', '.ts', '.mjs', '.sh'),
  ];
  expect(everything.filter(({ text }) => marker.test(text)).map(({ path }) => path)).toEqual([]);
});

// A function begins with a brace in the first column and ends with one.
function longFunctions(text: string): readonly number[] {
  const long: number[] = [];
  let start = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '{') start = index;
    if (line === '}' && start > 0 && index - start > LONGEST_FUNCTION) long.push(start);
    if (line === '}') start = 0;
  }
  return long;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|import .*$|export \{.*$|'[^'\n]*'/gm, '');
}
