import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimRunFolder } from '../../src/linux/run-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a folder that is not there is made', async () => {
  const path = join(folder, 'run/hostler');
  expect(await claimRunFolder(path)).toBeUndefined();
  expect(statSync(path).mode & 0o777).toBe(0o755);
});

test('a folder that cannot be made is refused with the reason', async () => {
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file/run');
  expect(await claimRunFolder(path)).toMatchObject({
    code: 'E_RUN_FOLDER',
    subject: path,
    detail: expect.stringContaining('ENOTDIR'),
  });
});

test('a folder in which another agent answers is refused, and only then', async () => {
  const other = createServer().listen(join(folder, 'agent.sock'));
  await once(other, 'listening');
  expect(await claimRunFolder(folder)).toMatchObject({ detail: 'another agent is at work in it' });
  other.close();
  await once(other, 'close');
  expect(await claimRunFolder(folder)).toBeUndefined();
});

test('a socket that a killed agent left does not count', async () => {
  writeFileSync(join(folder, 'agent.sock'), '');
  expect(await claimRunFolder(folder)).toBeUndefined();
  expect(existsSync(join(folder, 'agent.sock'))).toBe(true);
});
