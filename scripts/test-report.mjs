// What a run of vitest tells of its tests, by the part of it that can be run again by itself.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const LINES_OF_A_FAILURE = 20;
/** A file of the test host, which one file outside tells of. */
const INSIDE = /^test\/vm\/inside\/.*\.test\.ts$/;

/** Parts by file: those that passed, failed and were skipped. Undefined where the run left no report. */
export function readReport(path, root) {
  let told;
  try {
    told = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
  const parts = new Map();
  const part = (key) => parts.get(key) ?? parts.set(key, { passed: 0, skipped: 0, failures: [] }).get(key);
  for (const { name, message, assertionResults } of told.testResults) {
    const file = relative(root, name);
    if (message !== '') part(file).failures.push({ title: file, said: ownLines(message) });
    for (const test of assertionResults) add(part(keyOf(file, test)), file, test);
  }
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

function keyOf(file, { ancestorTitles: [first = ''] }) {
  return INSIDE.test(first) ? first : file;
}

function add(part, file, { status, fullName, failureMessages }) {
  if (status === 'passed') part.passed++;
  else if (status === 'failed') {
    part.failures.push({ title: `${file} > ${fullName}`, said: ownLines(failureMessages.join('\n')) });
  } else part.skipped++;
}

function ownLines(said) {
  const lines = said.split('\n').filter((line) => !line.includes('/node_modules/'));
  return lines.slice(0, LINES_OF_A_FAILURE).join('\n');
}
