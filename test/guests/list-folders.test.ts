import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFolders, namelessFolders } from '../../src/guests/list-folders.ts';

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

test('a folder of which nobody can say the name is not listed, and told where it has that file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-test-'));
  const below = (name: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
  for (const name of ['web1', 'bad\xff', 'a\nb', 'other\xff']) mkdirSync(below(name));
  for (const name of ['web1', 'bad\xff', 'a\nb']) writeFileSync(below(`${name}/config`), '');
  expect(listFolders(folder)).toEqual(['web1']);
  expect(namelessFolders(folder, 'config').toSorted((one, other) => (one.escaped < other.escaped ? -1 : 1))).toEqual([
    { escaped: String.raw`a\x0ab`, odd: 'has control characters' },
    { escaped: String.raw`bad\xff`, odd: 'is not UTF-8' },
  ]);
  rmSync(folder, { recursive: true });
});
