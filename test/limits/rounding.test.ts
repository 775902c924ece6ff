import { expect, test } from 'vitest';
import { isRounding } from '../../src/limits/rounding.ts';
import type { LimitFile } from '../../src/model/limit.ts';

test.each<[LimitFile, string, string]>([
  ['memory.limit_in_bytes', '67110000', '67108864'],
  ['memory.max', '4096000', '4063232'],
  ['blkio.bfq.weight', '2000', '1000'],
  ['io.max 8:0', 'rbps=1000', 'rbps=1000 wbps=max riops=max wiops=max'],
])('of %s, %s, the kernel itself makes %s', (file, ours, held) => {
  expect(isRounding(file, ours, held)).toBe(true);
});

test.each<[LimitFile, string, string]>([
  ['memory.limit_in_bytes', '67108864', '134217728'],
  ['memory.max', '67108864', 'max'],
  ['pids.max', '40', '41'],
  ['cpu.max', '1000 10000', 'max 10000'],
  ['cpu.max.burst', '1000', '500'],
  ['cpu.cfs_quota_us', '1000', '-1'],
  ['io.max 8:0', 'rbps=1000', 'rbps=max wbps=max riops=max wiops=max'],
  ['blkio.throttle.read_bps_device 8:0', '1000', '0'],
])('of %s, %s, somebody made %s', (file, ours, held) => {
  expect(isRounding(file, ours, held)).toBe(false);
});
