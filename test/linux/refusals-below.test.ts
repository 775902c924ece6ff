import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MOST_CGROUPS_BELOW } from '../../src/linux/counters-below.ts';
import { refusalsBelow } from '../../src/linux/refusals-below.ts';

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'hostler-below-'));
});
afterEach(() => rmSync(top, { recursive: true }));

function cgroup(path: string, refused: number): string {
  mkdirSync(join(top, path));
  writeFileSync(join(top, path, 'pids.events'), `max ${refused}\n`);
  return String(statSync(join(top, path)).ino);
}

test('refusals are found however deep, and nothing is kept of those without any', () => {
  cgroup('a', 0);
  const deep = cgroup('a/b', 3);
  mkdirSync(join(top, 'a/c')); // one that is just removed
  expect(refusalsBelow(top)).toEqual({ counts: { [deep]: 3 }, isWhole: true });
});

test('of more cgroups than it may look at it says so', () => {
  for (let at = 0; at < MOST_CGROUPS_BELOW; at += 1) cgroup(`c${at}`, 1);
  const all = refusalsBelow(top);
  expect(Object.keys(all.counts)).toHaveLength(MOST_CGROUPS_BELOW);
  expect(all.isWhole).toBe(true);
  cgroup('c0/more', 1);
  const some = refusalsBelow(top);
  expect(Object.keys(some.counts)).toHaveLength(MOST_CGROUPS_BELOW);
  expect(some.isWhole).toBe(false);
});
