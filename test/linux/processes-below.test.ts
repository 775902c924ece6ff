import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MOST_CGROUPS, MOST_PROCESSES, processesBelow } from '../../src/linux/processes-below.ts';

let top: string;
// A tmpfs counts the folders in a folder by its links, as a file system of cgroups does.
beforeEach(() => {
  top = mkdtempSync('/dev/shm/hostler-cgroups-');
});
afterEach(() => execFileSync('rm', ['-rf', top]));

/** A cgroup with these processes. */
function cgroup(path: string, pids: readonly number[]): void {
  mkdirSync(join(top, path), { recursive: true });
  writeFileSync(join(top, path, 'cgroup.procs'), pids.map((pid) => `${pid}\n`).join(''));
}

function looked() {
  const steps = processesBelow(top);
  const pids: number[] = [];
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return { pids, isMore: step.value };
    if (step.value !== undefined) pids.push(step.value);
  }
}

test('the processes of a cgroup and of all below it are found, also where one has none to tell of', () => {
  cgroup('', [1]);
  cgroup('a', [2, 3]);
  cgroup('a/b', [4]);
  mkdirSync(join(top, 'c'));
  expect(looked()).toEqual({ pids: [1, 2, 3, 4], isMore: false });
});

test('nobody is in a cgroup that is gone', () => {
  top = join(top, 'gone');
  expect(looked()).toEqual({ pids: [], isMore: false });
  mkdirSync(top);
  top = join(top, '..');
});

test.each([
  [MOST_PROCESSES, false],
  [MOST_PROCESSES + 1, true],
])('of %i processes in two cgroups as many are looked at as may be, and that there are more is %s', (count, isMore) => {
  const pids = Array.from({ length: count }, (_, at) => 4_000_000 + at);
  cgroup('', pids.slice(0, 1000));
  cgroup('a', pids.slice(1000));
  const found = looked();
  expect(found.isMore).toBe(isMore);
  expect(found.pids).toEqual(pids.slice(0, MOST_PROCESSES));
});

test.each([
  [MOST_CGROUPS, false],
  [MOST_CGROUPS + 1, true],
])('of %i cgroups as many are looked at as may be, and that there are more is %s', (count, isMore) => {
  for (let at = 0; at < count - 1; at += 1) cgroup(`a${at}`, [at + 1]);
  expect(looked()).toEqual({ pids: expect.objectContaining({ length: MOST_CGROUPS - 1 }), isMore });
});

test('cgroups that are too deep down to be named hide nothing of the others', () => {
  cgroup('', [1]);
  cgroup('a', [2]);
  const deeper = "for (let i = 0; i < 25; i++) { fs.mkdirSync('x'.repeat(200)); process.chdir('x'.repeat(200)); }";
  execFileSync(process.execPath, ['-e', deeper], { cwd: top });
  expect(looked()).toEqual({ pids: [1, 2], isMore: false });
});
