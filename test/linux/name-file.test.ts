import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nameFile } from '../../src/linux/name-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-names-'));
  path = join(folder, 'passwd');
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(text: string, second: number): void {
  writeFileSync(path, text);
  utimesSync(path, second, second);
}

test('a number has the first name that the file has for it, and is a text where it has none', () => {
  write('root:x:0:0::/:\ntoor:x:0:0::/:\nsaned:x:106:107::/:\n', 1);
  const { name } = nameFile(path);
  expect([0, 106, 7].map(name)).toEqual(['root', 'saned', '7']);
});

test('what is written later counts, and so does a file that goes and comes', () => {
  const { name } = nameFile(path);
  expect(name(106)).toBe('106');
  write('saned:x:106:107::/:\n', 1);
  expect(name(106)).toBe('saned');
  write('scanner:x:106:107::/:\n', 2);
  expect(name(106)).toBe('scanner');
  rmSync(path);
  expect(name(106)).toBe('106');
});
