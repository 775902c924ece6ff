import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freeRoom, keepRoom } from '../../src/linux/kept-room.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-room-'));
  path = join(folder, 'room');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('room is on the disk and not only in the size of a file, and for nobody else to read', () => {
  expect(keepRoom(path, 1 << 20)).toBeUndefined();
  const { size, blocks, mode } = statSync(path);
  expect([size, mode & 0o777]).toEqual([1 << 20, 0o600]);
  expect(blocks * 512).toBeGreaterThanOrEqual(1 << 20);
});

test('what is given back is in whole pieces, until there is none, and is kept again later', () => {
  keepRoom(path, 128 << 10);
  expect(freeRoom(path, 1)).toBe(true);
  expect(statSync(path).size).toBe(64 << 10);
  expect(freeRoom(path, 100_000)).toBe(true);
  expect([statSync(path).size, freeRoom(path, 1)]).toEqual([0, false]);
  keepRoom(path, 128 << 10);
  expect(statSync(path).size).toBe(128 << 10);
});

test('where none can be kept, that is said, and none is there to be given back', () => {
  expect(String(keepRoom('/dev/null/room', 1))).toContain('ENOTDIR');
  expect(freeRoom(join(folder, 'none'), 1)).toBe(false);
});
