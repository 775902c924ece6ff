// Runs the tests. As root in namespaces of their own: nothing is mounted, and no udevd runs, on the machine itself.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { noTestHost } from './test-host.mjs';

const ROOT = join(import.meta.dirname, '..');
const LINES_OF_A_FAILURE = 20;
const BIN = join(ROOT, 'node_modules/.bin');
// Root in a container may be without CAP_SYS_ADMIN: no better than an ordinary user here.
const isRoot = process.getuid?.() === 0;
const isolates = isRoot && spawnSync('unshare', ['-m', '-n', 'true']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'hostler-test-'));
const wanted = process.argv.slice(2);

const everything = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'format and lint', command: ['biome', 'check', '.'] },
  { name: 'tests', ...vitest('all') },
  // Once more what drives the C programs, built to notice every wrong byte.
  {
    name: 'sanitizers',
    ...vitest('sanitizers', 'test/kernel'),
    env: { HOSTLER_EXECUTOR: sanitized('hostler-executor') },
  },
  // Needs the network to be built, and makes everything else within itself.
  { name: 'test host', ...vitest('vm', '--config', 'test/vm/vitest.config.ts'), apart: false, lack: noTestHost() },
];

if (!isolates) {
  const lack = isRoot ? 'this root may not make namespaces (CAP_SYS_ADMIN)' : 'without root';
  process.stderr.write(`test: ${lack}: the tests with real guests and devices are left out\n`);
}
const steps = (wanted.length > 0 ? [{ name: 'tests', ...vitest('wanted', ...wanted) }] : everything).filter(can);
const outcomes = steps.map(outcome);
rmSync(folder, { recursive: true });
for (const { name, failed, failures } of outcomes) if (failed > 0) tell(name, failed, failures);
const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map((key) => sum(outcomes.map((one) => one[key])));
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed === 0 ? 0 : 1);

function can({ name, lack }) {
  if (lack !== undefined) process.stderr.write(`test: ${name}: left out: ${lack}\n`);
  return lack === undefined;
}

function vitest(name, ...paths) {
  const report = join(folder, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return { command: ['vitest', 'run', ...reporters, ...paths], report };
}

function sanitized(program) {
  return join(ROOT, 'native/build/asan', program);
}

// A step runs on the Node that the project brings, whatever the machine has. One without tests of its own counts as one.
function outcome({ name, command: [program, ...words], report, env = {}, apart: wantsApart = true }) {
  process.stderr.write(`test: ${name}\n`);
  const command = [join(BIN, 'node'), join(BIN, program), ...words];
  const apart =
    isolates && wantsApart && report !== undefined
      ? ['unshare', '-m', '-n', 'sh', join(ROOT, 'scripts/namespace.sh')]
      : [];
  const [first, ...rest] = [...apart, ...command];
  const environment = { ...process.env, ...env, PATH: `${BIN}:${process.env.PATH}` };
  const begun = performance.now();
  const { status } = spawnSync(first, rest, { cwd: ROOT, stdio: 'inherit', env: environment });
  process.stderr.write(`test: ${name}: ${Math.round((performance.now() - begun) / 1000)} s\n`);
  const counted =
    report === undefined ? { passed: status === 0 ? 1 : 0, failed: 0, skipped: 0, failures: [] } : count(report);
  return { name, ...counted, failed: counted.failed === 0 && status !== 0 ? 1 : counted.failed };
}

function count(report) {
  try {
    const told = JSON.parse(readFileSync(report, 'utf8'));
    const failures = told.testResults.flatMap(failuresOf);
    return { passed: told.numPassedTests, failed: failures.length, skipped: told.numPendingTests, failures };
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: [] };
  }
}

function failuresOf({ name: file, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  const whole = message === '' ? [] : [{ title: file, said: message }];
  return [
    ...whole,
    ...failed.map((test) => ({ title: `${file} > ${test.fullName}`, said: test.failureMessages.join('\n') })),
  ];
}

// Said once more at the end, where a log that kept only its last lines has it.
function tell(name, failed, failures) {
  const told = failures.map(({ title, said }) => `\ntest: failed: ${title}\n${ownLines(said)}\n`);
  process.stderr.write(`${told.join('')}test: ${name}: ${failed} failed\n`);
}

function ownLines(said) {
  const lines = said.split('\n').filter((line) => !line.includes('/node_modules/'));
  return lines.slice(0, LINES_OF_A_FAILURE).join('\n');
}

function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}
