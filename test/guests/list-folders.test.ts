import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFolders } from '../../src/guests/list-folders.ts';

test('folders and links to folders are listed, files and other links are not, and what is not there has none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-test-'));
  mkdirSync(join(folder, 'web1'));
  writeFileSync(join(folder, 'file'), '');
  const links = {
    web2: 'web1',
    'to-file': 'file',
    dangling: 'nowhere',
    circle: 'circle',
    'circle-in': 'circle-in/web1',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
  expect([...listFolders(folder)].sort()).toEqual(['web1', 'web2']);
  rmSync(folder, { recursive: true });
  expect(listFolders(folder)).toEqual([]);
});
