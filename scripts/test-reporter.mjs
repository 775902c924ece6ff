// Writes what a run of vitest tells into the file that HOSTLER_TEST_REPORT names, by file: its tests, and what failed beside them, in
// what sets up and cleans up or in what nobody waited for.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import process from 'node:process';

export default class Reporter {
  #root = process.cwd();

  onInit({ config }) {
    this.#root = config.root;
  }

  onTestRunEnd(modules, unhandled) {
    const files = modules.map((module) => ({
      file: this.#pathOf(module.moduleId),
      tests: [...module.children.allTests()].map(testOf),
      beside: [...besideTests(module)],
    }));
    // What ends a process that runs tests is told of no file.
    const [cut] = modules.filter(isCut);
    const loose = unhandled.map((error) => ({
      file: this.#pathOf(error.VITEST_TEST_PATH ?? cut?.moduleId),
      title: [error.VITEST_TEST_NAME, error.type].filter(Boolean).join(' > '),
      said: textOf(error),
    }));
    writeFileSync(process.env.HOSTLER_TEST_REPORT, JSON.stringify({ files, loose }));
  }

  #pathOf(path) {
    return path === undefined ? '' : relative(this.#root, path);
  }
}

function testOf(test) {
  const { state, errors = [] } = test.result();
  return { suite: outermost(test), title: test.fullName, state, said: errors.map(textOf).join('\n') };
}

function outermost({ parent }) {
  let suite;
  for (let at = parent; at.type === 'suite'; at = at.parent) suite = at;
  return suite?.name ?? '';
}

function* besideTests(module) {
  if (isCut(module)) yield { title: '', said: 'it did not end' };
  for (const error of module.errors()) yield { title: '', said: textOf(error) };
  for (const suite of module.children.allSuites()) {
    for (const error of suite.errors()) yield { title: suite.fullName, said: textOf(error) };
  }
}

function isCut(module) {
  return ['queued', 'pending'].includes(module.state());
}

function textOf({ name, message, stack }) {
  return stack || `${name}: ${message}`;
}
