import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFolders } from '../../src/guests/list-folders.ts';

test('folders are listed, files and links are not, and what is not there has none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-test-'));
  mkdirSync(join(folder, 'web1'));
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('web1', join(folder, 'link'));
  expect(listFolders(folder)).toEqual(['web1']);
  rmSync(folder, { recursive: true });
  expect(listFolders(folder)).toEqual([]);
});
