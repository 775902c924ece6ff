import { expect, test } from 'vitest';
import { heldAmounts, hitCounters } from '../../src/linux/cgroup-counters.ts';
import { COUNTERS, READ_FILES } from '../../src/linux/cgroup-files.ts';
import { DISK_FILES, LIMIT_FILES } from '../../src/model/limit.ts';

/** What is asked of it, where every file is there. */
function asked(ask: (read: (file: string) => string) => unknown): readonly string[] {
  const files: string[] = [];
  ask((file) => {
    files.push(file);
    return '1';
  });
  return files;
}

test('every file that is looked into is read', () => {
  const v1 = asked((read) => [heldAmounts('v1', read), hitCounters('v1', read)]);
  const v2 = asked((read) => [heldAmounts('v2', read), hitCounters('v2', read)]);
  const either = new Set([...READ_FILES.v1, ...READ_FILES.v2]);
  expect([...v1, ...v2, ...LIMIT_FILES, ...DISK_FILES].filter((file) => !either.has(file))).toEqual([]);
});

test('every counter of hits is there for a last look', () => {
  const counters = [...asked((read) => hitCounters('v1', read)), ...asked((read) => hitCounters('v2', read))];
  expect(counters.filter((file) => !COUNTERS.has(file))).toEqual([]);
});
