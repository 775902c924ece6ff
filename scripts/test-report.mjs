// What a run of vitest tells of its tests, by the part of it that can be run again by itself.
import { readFileSync } from 'node:fs';

const LINES_OF_A_FAILURE = 20;
/** A file of the test host, which one file outside tells of. */
const INSIDE = /^test\/vm\/inside\/.*\.test\.ts$/;

/**
 * Parts by file: the tests that passed, failed and were skipped, and all that failed, also beside the tests. What failed of no file
 * is a part without a name. Undefined where the run left no report.
 */
export function readReport(path) {
  let told;
  try {
    told = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
  const parts = new Map();
  const part = (key) => parts.get(key) ?? parts.set(key, { passed: 0, failed: 0, skipped: 0, failures: [] }).get(key);
  for (const { file, tests, beside } of told.files) {
    for (const test of tests) add(part(INSIDE.test(test.suite) ? test.suite : file), file, test);
    for (const failure of beside) part(file).failures.push(failureOf(file, failure));
  }
  for (const failure of told.loose) part(failure.file).failures.push(failureOf(failure.file, failure));
  return parts;
}

/** The words for vitest and the environment that run these parts and nothing else. */
export function onlyThese(keys) {
  const inside = keys.filter((key) => INSIDE.test(key));
  const paths = keys.filter((key) => !INSIDE.test(key));
  if (inside.length === 0) return { paths, env: {} };
  const outside = 'test/vm/host.test.ts';
  return {
    paths: [...paths.filter((path) => path !== outside), outside],
    env: { HOSTLER_TEST_INSIDE: inside.join(' ') },
  };
}

/** Whether all that failed the first time has passed now. What was only left out has not. */
export function hasPassed(before, now) {
  return (
    now !== undefined && now.failures.length === 0 && now.passed > 0 && now.passed >= before.passed + before.failed
  );
}

function add(part, file, { state, title, said }) {
  if (state === 'passed') part.passed++;
  else if (state === 'failed') {
    part.failed++;
    part.failures.push(failureOf(file, { title, said }));
  } else part.skipped++;
}

function failureOf(file, { title, said }) {
  return { title: [file, title].filter((word) => word !== '').join(' > '), said: ownLines(said) };
}

function ownLines(said) {
  const lines = said.split('\n').filter((line) => !line.includes('/node_modules/'));
  return lines.slice(0, LINES_OF_A_FAILURE).join('\n');
}
