import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readValue, writeValue } from '../../src/linux/atomic-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what was written is read, in a folder that did not exist', () => {
  const path = join(folder, 'guests/web1.json');
  writeValue(path, { nodes: ['/dev/x'] }, true);
  expect(readValue(path)).toEqual({ value: { nodes: ['/dev/x'] } });
});

test('a file that is not there is no value and nothing bad', () => {
  expect(readValue(join(folder, 'none'))).toEqual({});
});

test('a file cut at any byte is never a value', () => {
  const path = join(folder, 'state');
  writeValue(path, { a: 1 }, false);
  const whole = readFileSync(path);
  // The last byte is the newline behind the body: without it nothing is lost.
  for (let length = 0; length < whole.length - 1; length += 1) {
    truncateSync(path, length);
    expect(readValue(path)).toHaveProperty('bad');
    writeFileSync(path, whole);
  }
});

test('a file that somebody changed is not believed', () => {
  const path = join(folder, 'state');
  writeValue(path, { uid: 1000 }, false);
  writeFileSync(path, readFileSync(path, 'utf8').replace('1000', '0'));
  expect(readValue(path)).toEqual({ bad: 'checksum or version does not fit' });
});

test('a write that fails leaves what was there', () => {
  const path = join(folder, 'state');
  writeValue(path, { a: 1 }, false);
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  expect(() => writeValue(path, circle, false)).toThrow();
  expect(readValue(path)).toEqual({ value: { a: 1 } });
});
