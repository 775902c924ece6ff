import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cgroupsOf } from '../../src/linux/cgroup-text.ts';
import { memoryStall } from '../../src/linux/memory-stall.ts';

const made = mkdtempSync(join(tmpdir(), 'hostler-stall-'));
afterAll(() => rmSync(made, { recursive: true }));

/** Where this very process is in cgroup v2. */
const own = cgroupsOf(readFileSync('/proc/self/cgroup', 'utf8')).get('') ?? '/';
const instance = { pid: process.pid, startTime: '1', cgroup: own };
const controllers = (v2Mount: string | undefined) => ({
  hierarchy: 'v1' as const,
  mountOf: () => undefined,
  v2Options: [],
  v2Mount,
});

test('is what all of it waited, also where memory is on v1', () => {
  mkdirSync(join(made, own), { recursive: true });
  const lines = 'some avg10=80.00 avg60=1.00 avg300=0.00 total=9\nfull avg10=61.25 avg60=0.50 avg300=0.00 total=7\n';
  writeFileSync(join(made, own, 'memory.pressure'), lines);
  expect(memoryStall(controllers(made), instance)).toBe(0.6125);
});

test('is not known without cgroup v2, without the file, or of who is not in that cgroup', () => {
  expect(memoryStall(controllers(undefined), instance)).toBeUndefined();
  expect(memoryStall(controllers('/nowhere'), instance)).toBeUndefined();
  expect(memoryStall(controllers(made), { ...instance, cgroup: '/another' })).toBeUndefined();
});
