import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeptFiles } from '../../src/linux/kept-files.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-kept-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const paths = (...names: readonly string[]) => names.map((name) => [name, join(folder, name)] as const);

describe.each([
  ['that stay open', true],
  ['that are opened each time', false],
])('files %s', (_what, keeps) => {
  test('are read anew each time; what is not there is left out', () => {
    writeFileSync(join(folder, 'one'), 'first\n');
    const files = new KeptFiles(paths('one', 'other'), () => keeps);
    expect([files.size, files.open, files.read('one'), files.read('other')]).toEqual([
      1,
      keeps ? 1 : 0,
      'first',
      undefined,
    ]);
    writeFileSync(join(folder, 'one'), 'later\n');
    expect(files.read('one')).toBe('later');
    files.close();
  });

  // A folder stands for a file that the kernel opens and does not let anybody read.
  test('of which one cannot be read are still there', () => {
    writeFileSync(join(folder, 'one'), 'first');
    mkdirSync(join(folder, 'unreadable'));
    const files = new KeptFiles(paths('unreadable', 'one'), () => keeps);
    expect([files.read('unreadable'), files.isGone, files.read('one')]).toEqual([undefined, false, 'first']);
    files.close();
  });
});

test('one that is removed and opened each time says that all are gone', () => {
  writeFileSync(join(folder, 'one'), 'first');
  const files = new KeptFiles(paths('one'), () => false);
  rmSync(join(folder, 'one'));
  expect([files.read('one'), files.isGone]).toEqual([undefined, true]);
});
