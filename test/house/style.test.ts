import { expect, test } from 'vitest';
import { parseAst } from 'vitest/node';
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

test('no function in TypeScript is longer than 50 lines', () => {
  const long = typescript.flatMap(({ path, text }) =>
    functionsIn(parseAst(text, { lang: 'ts' })).flatMap(({ start, end }) => {
      const lines = lineOf(text, end) - lineOf(text, start) + 1;
      return lines > LONGEST_FUNCTION ? [`${path}:${lineOf(text, start)} has ${lines}`] : [];
    }),
  );
  expect(long).toEqual([]);
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

const FUNCTIONS: readonly unknown[] = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Every function below a node of a syntax tree, also those in others. */
function functionsIn(node: unknown): readonly Range[] {
  if (typeof node !== 'object' || node === null) return [];
  const inside = Object.values(node).flatMap(functionsIn);
  return isFunction(node) ? [node, ...inside] : inside;
}

function isFunction(node: object): node is Range {
  return 'type' in node && FUNCTIONS.includes(node.type);
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|import .*$|export \{.*$|'[^'\n]*'/gm, '');
}
