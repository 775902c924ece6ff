import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ValueFiles } from '../../src/linux/value-files.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-values-'));
  path = join(folder, 'below/value.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const isNumber = (value: unknown): value is number => typeof value === 'number';

test('what was written is read by whoever comes later, and what was removed is not', () => {
  expect(new ValueFiles().write(path, 7, true)).toEqual([]);
  const later = new ValueFiles();
  expect(later.read(path, isNumber)).toBe(7);
  later.remove(path);
  expect(later.read(path, isNumber)).toBeUndefined();
  expect(later.takeRefusals()).toEqual([]);
});

test('what is not what was written is refused once, with its path', () => {
  const files = new ValueFiles();
  files.write(path, 'seven', false);
  expect(files.read(path, isNumber)).toBeUndefined();
  writeFileSync(path, 'nonsense');
  expect(files.read(path, isNumber)).toBeUndefined();
  expect(files.takeRefusals()).toEqual([
    { code: 'W_STATE_BAD', subject: path, detail: 'not what was written' },
    { code: 'W_STATE_BAD', subject: path, detail: 'checksum or version does not fit' },
  ]);
  expect(files.takeRefusals()).toEqual([]);
});

test('what a file surely has is not written again, and what could not be written is', () => {
  const files = new ValueFiles();
  files.write(path, 7, false);
  const { ino } = statSync(path);
  files.write(path, 7, false);
  expect(statSync(path).ino).toBe(ino);
  rmSync(join(folder, 'below'), { recursive: true });
  writeFileSync(join(folder, 'below'), '');
  expect(files.write(path, 8, false).map(({ code }) => code)).toEqual(['E_STATE_WRITE']);
  rmSync(join(folder, 'below'));
  expect(files.write(path, 8, false)).toEqual([]);
  expect(readFileSync(path, 'utf8')).toContain('8');
});
