import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { devicesHierarchy, isUnified } from '../../src/linux/controllers.ts';

const V1 = '36 32 0:31 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices';
const MEMORY = '37 32 0:32 / /sys/fs/cgroup/memory rw,relatime shared:3 - cgroup cgroup rw,memory';
const V2 = '38 32 0:33 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw';

test('where the v1 devices controller is mounted, grants go there', () => {
  expect(devicesHierarchy([MEMORY, V2, V1].join('\n'))).toBe('/sys/fs/cgroup/devices');
});

test('without one they go to v2', () => {
  expect(devicesHierarchy([MEMORY, V2].join('\n'))).toBe('/sys/fs/cgroup/unified');
});

test('a host without either is refused', () => {
  expect(() => devicesHierarchy(MEMORY)).toThrow('no devices controller');
});

test('v2 is known by its list of controllers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-hierarchy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(isUnified(folder)).toBe(false);
  writeFileSync(join(folder, 'cgroup.controllers'), '');
  expect(isUnified(folder)).toBe(true);
});
