import { expect, test } from 'vitest';
import { diskFileOf, fileOf, isDiskLine, limitFiles, resourceOf } from '../../src/limits/files.ts';

test('every file and line that is spoken of is named once, files first and in their order', () => {
  const one = { 'io.max 8:0': 'x', 'pids.max': '5' };
  const other = { 'memory.max': '1', 'io.max 8:0': 'y', 'io.max 8:16': 'z' };
  expect(limitFiles(one, other)).toEqual(['memory.max', 'pids.max', 'io.max 8:0', 'io.max 8:16']);
});

test('a line for a disk is of a file that has such lines', () => {
  expect(isDiskLine('io.max 8:0')).toBe(true);
  expect(isDiskLine('io.max')).toBe(false);
  expect(isDiskLine('io.maximum 8:0')).toBe(false);
  expect(fileOf('blkio.throttle.read_bps_device 7:3')).toBe('blkio.throttle.read_bps_device');
  expect(diskFileOf('io.max 8:0')).toBe('io.max');
  expect(diskFileOf('cpu.max')).toBeUndefined();
});

test('every file limits one resource, whichever hierarchy it is of', () => {
  const files = ['memory.max', 'cpu.cfs_quota_us', 'pids.max', 'io.max 8:0', 'io.weight', 'blkio.bfq.weight'] as const;
  expect(files.map(resourceOf)).toEqual(['memory', 'cpu', 'processes', 'io', 'io', 'io']);
});
