import { beforeAll, expect, test } from 'vitest';
import { complaintsOf, folderOf } from './folder.ts';

const bomb = `a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n`;

/** Texts that YAML does not allow, or that configuration does not; what is said about them. */
const table: readonly (readonly [what: string, text: string, says: readonly string[]])[] = [
  [
    'a tab',
    '- rule: a\n\tmatch: b\n',
    ['2:2: not YAML: Unexpected scalar at node end; indent with spaces, not with tabs'],
  ],
  [
    'a colon too many',
    '- rule: a: b\n',
    ['1:9: not YAML: Nested mappings are not allowed in compact mappings; write a text that contains ": " in quotes'],
  ],
  [
    'a reserved character',
    '- rule: @a\n',
    ['1:9: not YAML: Plain value cannot start with reserved character @; write the text in quotes'],
  ],
  [
    'a glob that YAML reads as a list',
    '- rule: [a-z]*\n',
    ['1:14: not YAML: Unexpected alias at node end; write a text that begins with [ or { in quotes'],
  ],
  [
    'a glob that YAML reads as an alias',
    '- rule: *USB\n',
    [
      '1:9: the alias *USB is not allowed; write a glob that begins with * in quotes, "*USB", and anything else in full',
    ],
  ],
  [
    'an anchor',
    '- rule: &x a\n',
    ['1:9: the anchor &x is not allowed; write a text that begins with & in quotes, or leave it out'],
  ],
  [
    'a tag',
    '- rule: !!str 0660\n',
    ['1:9: the tag !!str is not allowed; write a text that begins with ! in quotes, or leave it out'],
  ],
  [
    'a directive',
    '%YAML 1.1\n---\n- rule: a\n',
    ['1:1: the directive %YAML 1.1 is not allowed; leave it out, every file is read as YAML 1.2'],
  ],
  ['a second document', '[]\n---\n[]\n', ['2:1: a second document begins here; write one file for each, without ---']],
  ['a list 17 deep', `${'['.repeat(17)}${']'.repeat(17)}`, ['1:17: nested more than 16 deep; write it flatter']],
  ['a list 100,000 deep', '['.repeat(100_000), ['1:17: nested more than 16 deep; write it flatter']],
  ['a mapping 100,000 deep', '{a: '.repeat(60_000), ['1:65: nested more than 16 deep; write it flatter']],
  ['block lists 100,000 deep', '- '.repeat(100_000), ['1:33: nested more than 16 deep; write it flatter']],
  [
    'an unclosed quote',
    '- rule: "a\n',
    ['2:1: not YAML: Missing closing "quote; close what was opened before, or write the text in quotes'],
  ],
];

/** Keys that cannot be used; the rest of the file is looked at as well. */
const keys: readonly (readonly [what: string, text: string, says: readonly string[]])[] = [
  [
    'a key twice',
    'guest: a\nruntime: lxc\nguest: b\n',
    ['3:1: the key "guest" is here twice, first at 1:1; leave one of them out'],
  ],
  [
    'a merge',
    'guest: b\n<<: { runtime: lxc }\ncolour: red\n',
    [
      '2:1: merging with << is not allowed; write the keys in full',
      '3:1: unknown key "colour"; known here: guest, runtime, policy, devices, start, stop, restart',
    ],
  ],
  ['__proto__', 'guest: c\n__proto__: { x: 1 }\n', ['2:1: the key __proto__ is not allowed; leave it out']],
  [
    'a list as a key',
    'guest: d\n? [a]\n: b\n',
    ['2:3: a list or a mapping cannot be a key; write text before the colon'],
  ],
  ['a key without a name', 'guest: e\n: b\n', ['2:1: a key without a name; write one before the colon']],
  [
    'a number as a key',
    'guest: f\n0660: b\n',
    ['2:1: unknown key "0660"; known here: guest, runtime, policy, devices, start, stop, restart'],
  ],
];

let complaints: readonly string[] = [];
beforeAll(async () => {
  const rules = table.map(([, text], at): [string, string] => [`rules/${fileName(at)}`, text]);
  const guests = keys.map(([, text], at): [string, string] => [`guests/${fileName(at)}`, text]);
  complaints = await complaintsOf(folderOf(Object.fromEntries([...rules, ...guests])));
});

test.each(table.map((row, at) => [...row, at] as const))('%s', (_what, _text, says, at) => {
  expect(complaintsOfFile(`rules/${fileName(at)}`)).toEqual(says);
});

test.each(keys.map((row, at) => [...row, at] as const))('%s', (_what, _text, says, at) => {
  expect(complaintsOfFile(`guests/${fileName(at)}`)).toEqual(says);
});

test('an alias bomb is refused at its first anchor, before anything of it is unfolded', async () => {
  const found = await complaintsOf(folderOf({ 'rules/bomb.yaml': bomb }));
  expect(found[0]).toBe(
    'rules/bomb.yaml:1:4: the anchor &a is not allowed; write a text that begins with & in quotes, or leave it out',
  );
  expect(found.every((text) => /the (anchor|alias) /.test(text))).toBe(true);
});

function complaintsOfFile(file: string): readonly string[] {
  return complaints.filter((text) => text.startsWith(`${file}:`)).map((text) => text.slice(file.length + 1));
}

function fileName(at: number): string {
  return `${String(at).padStart(3, '0')}.yaml`;
}
