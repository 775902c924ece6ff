import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasPassed, onlyThese, type Part, readReport } from '../../scripts/test-report.mjs';

const ROOT = join(import.meta.dirname, '../..');
const VITEST = "import { afterAll, beforeAll, describe, expect, test } from 'vitest';";

/** Files of tests, each of which goes wrong in its own way. */
const FILES = {
  'test/good.test.ts': `test('is', () => {}); test.skip('is left out', () => {});`,
  'test/bad.test.ts': `test('is', () => {}); describe('a', () => { test('b', () => { expect(1).toBe(2); }); });`,
  'test/set-up.test.ts': `describe('one', () => { beforeAll(() => { throw new Error('no guest'); }); test('is', () => {}); });`,
  'test/clean-up.test.ts': `describe('one', () => { afterAll(() => { throw new Error('not empty'); }); test('is', () => {}); });`,
  'test/outermost.test.ts': `afterAll(() => { throw new Error('still there'); }); test('is', () => {});`,
  'test/loose.test.ts': `test('is', async () => {
    Promise.reject(new Error('nobody waits'));
    await new Promise((resolve) => setTimeout(resolve, 50));
  });`,
  'test/broken.test.ts': `throw new Error('no such module');`,
  'test/ended.test.ts': `test('is', () => { process.kill(process.pid, 'SIGKILL'); });`,
  'test/vm/host.test.ts': `describe('test/vm/inside/a.test.ts', () => { test('is', () => {}); });
    describe('test/vm/inside/b.test.ts', () => { test('is not', () => { throw new Error('no'); }); });`,
};

const folder = mkdtempSync(join(tmpdir(), 'hostler-report-'));
const report = join(folder, 'report.json');
let parts: ReadonlyMap<string, Part> | undefined;

beforeAll(() => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${VITEST}\n${text}\n`);
  }
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};');
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const reporter = `--reporter=${join(ROOT, 'scripts/test-reporter.mjs')}`;
  const words = [vitest, 'run', '--root', folder, '--maxWorkers=1', reporter];
  spawnSync(process.execPath, words, { env: { ...process.env, HOSTLER_TEST_REPORT: report } });
  parts = readReport(report);
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['test/good.test.ts', 1, 0, 1, []],
  ['test/bad.test.ts', 1, 1, 0, [['test/bad.test.ts > a > b', 'expected 1 to be 2']]],
  ['test/set-up.test.ts', 0, 0, 1, [['test/set-up.test.ts > one', 'no guest']]],
  ['test/clean-up.test.ts', 1, 0, 0, [['test/clean-up.test.ts > one', 'not empty']]],
  ['test/outermost.test.ts', 1, 0, 0, [['test/outermost.test.ts', 'still there']]],
  ['test/loose.test.ts', 1, 0, 0, [['test/loose.test.ts > is > Unhandled Rejection', 'nobody waits']]],
  ['test/broken.test.ts', 0, 0, 0, [['test/broken.test.ts', 'no such module']]],
])('%s tells all that failed, beside its tests as well', (file, passed, failed, skipped, failures) => {
  const said = failures.map(([title, text]) => ({ title, said: expect.stringContaining(text ?? '') }));
  expect(parts?.get(file)).toEqual({ passed, failed, skipped, failures: said });
});

test('a file whose process ended before it did has failed, with what is known of that', () => {
  const [first, second, ...others] = parts?.get('test/ended.test.ts')?.failures ?? [];
  expect(first).toEqual({ title: 'test/ended.test.ts', said: 'it did not end' });
  expect(second?.title).toBe('test/ended.test.ts > Unhandled Error');
  expect([others, parts?.has('')]).toEqual([[], false]);
});

test('a file of the test host is a part by itself', () => {
  expect(parts?.get('test/vm/inside/a.test.ts')).toEqual({ passed: 1, failed: 0, skipped: 0, failures: [] });
  const [failure] = parts?.get('test/vm/inside/b.test.ts')?.failures ?? [];
  expect(failure?.title).toBe('test/vm/host.test.ts > test/vm/inside/b.test.ts > is not');
  expect(failure?.said).toMatch(/^Error: no\n.*test\/vm\/host\.test\.ts/);
  expect(failure?.said).not.toContain('node_modules'); // nothing of who runs it
});

test('a run without a report tells nothing', () => {
  expect(readReport(join(folder, 'none.json'))).toBeUndefined();
});

test('what failed has passed when all of it has, and not when it was only left out', () => {
  const nothing: Part = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const failures = [{ title: 'a', said: 'b' }];
  const all: Part = { ...nothing, passed: 2 };
  expect(hasPassed({ ...nothing, passed: 1, failed: 1, failures }, all)).toBe(true);
  expect(hasPassed({ ...all, failures }, all)).toBe(true); // beside its tests
  expect(hasPassed({ ...nothing, failures }, all)).toBe(true); // it could not be loaded
  expect(hasPassed({ ...nothing, passed: 1, failed: 1, failures }, { ...nothing, passed: 1, skipped: 1 })).toBe(false);
  expect(hasPassed({ ...nothing, failures }, { ...nothing, skipped: 2 })).toBe(false);
  expect(hasPassed({ ...all, failures }, { ...all, failures })).toBe(false);
  expect(hasPassed({ ...all, failures }, undefined)).toBe(false);
});

test('files of the test host are run again by the file that boots it', () => {
  expect(onlyThese(['test/vm/power.test.ts', 'test/vm/inside/a.test.ts', 'test/vm/inside/b.test.ts'])).toEqual({
    paths: ['test/vm/power.test.ts', 'test/vm/host.test.ts'],
    env: { HOSTLER_TEST_INSIDE: 'test/vm/inside/a.test.ts test/vm/inside/b.test.ts' },
  });
  expect(onlyThese(['test/a.test.ts'])).toEqual({ paths: ['test/a.test.ts'], env: {} });
});
