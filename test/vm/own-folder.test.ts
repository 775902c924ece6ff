import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ownFolder } from './own-folder.ts';

function place(): string {
  const parent = mkdtempSync(join(tmpdir(), 'hostler-own-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  return join(parent, 'machine');
}

test('a folder is made for its owner alone, and taken again', () => {
  const path = place();
  expect(ownFolder(path)).toBe(path);
  expect(ownFolder(path)).toBe(path);
});

test.each<readonly [string, (path: string) => void]>([
  ["somebody else's folder", (path) => [mkdirSync(path, { mode: 0o700 }), chownSync(path, 65_534, 65_534)]],
  ['one that others may write to', (path) => [mkdirSync(path), chmodSync(path, 0o777)]],
  ['a link to a folder', (path) => [mkdirSync(`${path}-there`, { mode: 0o700 }), symlinkSync(`${path}-there`, path)]],
])('%s is not taken', (_what, make) => {
  const path = place();
  make(path);
  expect(() => ownFolder(path)).toThrow(path);
});

test('a file in its place is not taken', () => {
  const path = place();
  writeFileSync(path, '');
  expect(() => ownFolder(path)).toThrow(path);
});
