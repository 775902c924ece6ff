import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { unreadFolder } from '../../src/guests/unread-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'hostler-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a folder that can be read is nothing to tell', () => {
  expect(unreadFolder(folder, '/usual')).toEqual([]);
});

test('a host without LXC has no folder of guests, and nothing is wrong with that unless another one is named', () => {
  const path = join(folder, 'lxc');
  expect(unreadFolder(path, path)).toEqual([]);
  expect(unreadFolder(path, '/usual')).toEqual([
    { code: 'W_FOLDER', subject: path, detail: 'there is no such folder' },
  ]);
});

test('what cannot be read is told of the usual one, too', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(unreadFolder(file, file)).toEqual([{ code: 'W_FOLDER', subject: file, detail: 'ENOTDIR' }]);
  const circle = join(folder, 'circle');
  symlinkSync('circle', circle);
  expect(unreadFolder(circle, circle)).toMatchObject([{ detail: 'ELOOP' }]);
});
