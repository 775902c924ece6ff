import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sentinel } from '../../src/linux/sentinel.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-sentinel-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a watch that reports the file is proved, and nothing is left of the proof', async () => {
  const proof = sentinel(folder);
  const path = join(folder, '.hostler-watch');
  const proved = proof.write(10_000);
  expect([existsSync(path), proof.is(path), proof.is(join(folder, 'rules.yaml'))]).toEqual([true, true, false]);
  proof.heard();
  expect(await proved).toBeUndefined();
  expect(existsSync(path)).toBe(false);
});

test('a watch that reports nothing is found out', async () => {
  const proof = sentinel(folder);
  expect(await proof.write(5)).toBe(`no event for ${join(folder, '.hostler-watch')} within 5 ms`);
  proof.remove();
  expect(existsSync(join(folder, '.hostler-watch'))).toBe(false);
});

test('where no file can be written nothing can be proved', async () => {
  expect(await sentinel(join(folder, 'not-there')).write(10_000)).toMatch(/^cannot be proved: .*ENOENT/);
});
