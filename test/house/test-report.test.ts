import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { onlyThese, readReport } from '../../scripts/test-report.mjs';

const folder = mkdtempSync(join(tmpdir(), 'hostler-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

function reported(...testResults: readonly object[]) {
  const path = join(folder, 'report.json');
  writeFileSync(path, JSON.stringify({ testResults }));
  return readReport(path, '/p');
}

const made = (status: string, fullName: string, ...ancestorTitles: string[]) => ({
  ...{ status, fullName, ancestorTitles },
  failureMessages: status === 'failed' ? ['Error: no\n    at x (/p/node_modules/y.js)\n    at test'] : [],
});

test('a file of the test host is a part by itself, and its failures are told without what is not ours', () => {
  const host = [made('passed', 'a b', 'test/vm/inside/a.test.ts'), made('failed', 'c d', 'test/vm/inside/c.test.ts')];
  const parts = reported(
    { name: '/p/test/vm/host.test.ts', message: '', assertionResults: host },
    { name: '/p/test/vm/power.test.ts', message: '', assertionResults: [made('pending', 'e')] },
  );
  expect(parts).toEqual(
    new Map([
      ['test/vm/inside/a.test.ts', { passed: 1, skipped: 0, failures: [] }],
      [
        'test/vm/inside/c.test.ts',
        { passed: 0, skipped: 0, failures: [{ title: 'test/vm/host.test.ts > c d', said: 'Error: no\n    at test' }] },
      ],
      ['test/vm/power.test.ts', { passed: 0, skipped: 1, failures: [] }],
    ]),
  );
});

test('a file that could not be set up has failed', () => {
  const parts = reported({ name: '/p/test/a.test.ts', message: 'broken', assertionResults: [] });
  expect(parts?.get('test/a.test.ts')?.failures).toEqual([{ title: 'test/a.test.ts', said: 'broken' }]);
});

test('a run without a report tells nothing', () => {
  expect(readReport(join(folder, 'none.json'), '/p')).toBeUndefined();
});

test('files of the test host are run again by the file that boots it', () => {
  expect(onlyThese(['test/vm/power.test.ts', 'test/vm/inside/a.test.ts', 'test/vm/inside/b.test.ts'])).toEqual({
    paths: ['test/vm/power.test.ts', 'test/vm/host.test.ts'],
    env: { HOSTLER_TEST_INSIDE: 'test/vm/inside/a.test.ts test/vm/inside/b.test.ts' },
  });
  expect(onlyThese(['test/a.test.ts'])).toEqual({ paths: ['test/a.test.ts'], env: {} });
});
