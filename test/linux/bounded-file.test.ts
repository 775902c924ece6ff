import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendBounded } from '../../src/linux/bounded-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-bounded-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('lines are appended, in a folder that is made, for nobody else to read', () => {
  const path = join(folder, 'state', 'lines');
  expect(appendBounded(path, ['one'])).toEqual([]);
  expect(appendBounded(path, ['two', 'three'])).toEqual([]);
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a full file is kept as the one before, and no more than two are ever there', () => {
  const path = join(folder, 'lines');
  for (let turn = 0; turn < 40; turn += 1) appendBounded(path, [`${turn} ${'x'.repeat(100_000)}`]);
  expect(statSync(path).size).toBeLessThanOrEqual(1 << 20);
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(1 << 20);
  const kept = [`${path}.1`, path].flatMap((file) => readFileSync(file, 'utf8').match(/^\d+/gm) ?? []);
  expect(kept.at(-1)).toBe('39');
  expect(kept.map(Number)).toEqual(Array.from({ length: kept.length }, (_, at) => 40 - kept.length + at));
});

test('what cannot be written is refused', () => {
  expect(appendBounded(join('/dev/null', 'lines'), ['one'])).toMatchObject([
    { code: 'E_STATE_WRITE', subject: '/dev/null/lines', detail: expect.stringContaining('EEXIST') },
  ]);
});

test('a full disk is refused', () => {
  expect(appendBounded('/dev/full', ['one'])).toMatchObject([
    { code: 'E_STATE_WRITE', detail: expect.stringContaining('ENOSPC') },
  ]);
});
