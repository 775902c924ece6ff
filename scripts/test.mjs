// Runs the tests. As root in namespaces of their own: nothing is mounted, and no udevd runs, on the machine itself.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { noTestHost } from './test-host.mjs';
import { hasPassed, onlyThese, readReport } from './test-report.mjs';

const ROOT = join(import.meta.dirname, '..');
/** More than these are no chance: they are not run again. */
const MOST_AGAIN = 8;
const BIN = join(ROOT, 'node_modules/.bin');
const UNITS = ['agent', 'cli', 'config', 'control', 'devices', 'guests', 'house', 'import', 'lifecycle', 'limits']
  .concat(['linux', 'model', 'monitoring', 'ports', 'report', 'rules'])
  .map((folder) => `test/${folder}`);
/** These few are for the programs as they are installed alone: what else drives them runs once, where every wrong byte is noticed. */
const AS_INSTALLED = ['executor-workers', 'run-inside'];
const EXCEPT_KERNEL = testsBelow('test/kernel', AS_INSTALLED).map((path) => `--exclude=${path}`);
/** What takes long where everything is emulated, and is told outside or by others as well: npm run test:vm runs that, too. */
const LONG_INSIDE = [
  'composite',
  'disk',
  'endurance',
  'hostile-strings',
  'identity',
  'libudev',
  'life',
  'limit-stories',
  'lxc-tools',
  'nspawn',
  'replug',
  'scanner-story',
  'shipped-rules',
  'static',
];
/** Those that are done when the time of a real minute or average is over: they wait for that beside each other. */
const WAITING = ['hostile-storm', 'thrash'].map((name) => `test/scenarios/${name}.test.ts`);
const EXCEPT_WAITING = WAITING.map((path) => `--exclude=${path}`);
const EXCEPT_UNITS = UNITS.map((folder) => `--exclude=${folder}/**`);
// Root in a container may be without CAP_SYS_ADMIN: no better than an ordinary user here.
const isRoot = process.getuid?.() === 0;
const isolates = isRoot && spawnSync('unshare', ['-m', '-n', 'true']).status === 0;
const folder = mkdtempSync(join(tmpdir(), `hostler-test-${process.pid}-`));
const wanted = process.argv.slice(2);

const everything = [
  // Needs the network to be built, and makes everything else within itself: all others go on meanwhile, and are not to wait for it.
  {
    name: 'test host',
    ...vitest('vm', [], ['--config', 'test/vm/vitest.config.ts', '--exclude=test/vm/power.test.ts']),
    env: { HOSTLER_TEST_INSIDE: testsBelow('test/vm/inside', LONG_INSIDE).join(' ') },
    apart: false,
    isBeside: true,
    lack: noTestHost(),
  },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'format and lint', command: ['biome', 'check', '.'] },
  // They share nothing with each other.
  { name: 'units', ...vitest('units', UNITS, ['--fileParallelism', '--no-isolate', '--maxWorkers=100%']) },
  { name: 'tests', ...vitest('tests', [], [...EXCEPT_UNITS, ...EXCEPT_KERNEL, ...EXCEPT_WAITING]) },
  { name: 'tests that wait', ...vitest('waiting', WAITING, ['--fileParallelism', '--maxWorkers=2']) },
  // What drives the C programs, built to notice every wrong byte.
  {
    name: 'sanitizers',
    ...vitest('sanitizers', ['test/kernel']),
    env: { HOSTLER_EXECUTOR: sanitized('hostler-executor') },
  },
];

if (!isolates) {
  const lack = isRoot ? 'this root may not make namespaces (CAP_SYS_ADMIN)' : 'without root';
  process.stderr.write(`test: ${lack}: the tests with real guests and devices are left out\n`);
}
const steps = (wanted.length > 0 ? [{ name: 'tests', ...vitest('wanted', wanted) }] : everything).filter(can);
const outcomes = await allOutcomes(steps);
rmSync(folder, { recursive: true });
for (const one of outcomes) {
  // Said once more at the end, where a log that kept only its last lines has it.
  tell('passed when it was run again', one.unsteady);
  tell('failed', one.failures);
  if (one.failures.length > 0) say(`${one.name}: ${one.failures.length} failed`);
}
const passed = sum(outcomes.map((one) => one.passed));
const skipped = sum(outcomes.map((one) => one.skipped));
const failed = sum(outcomes.map((one) => one.failures.length));
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed === 0 ? 0 : 1);

function can({ name, lack }) {
  if (lack !== undefined) process.stderr.write(`test: ${name}: left out: ${lack}\n`);
  return lack === undefined;
}

function vitest(name, paths, options = []) {
  const report = join(folder, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=scripts/test-reporter.mjs'];
  return { command: ['vitest', 'run', ...options, ...reporters, ...paths], options, report };
}

function testsBelow(folder, except) {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.test.ts'));
  return names.filter((name) => !except.includes(name.slice(0, -'.test.ts'.length))).map((name) => `${folder}/${name}`);
}

function sanitized(program) {
  return join(ROOT, 'native/build/asan', program);
}

/** One step after the other, but for those that run beside all of them. What fails is run again when all are over. */
async function allOutcomes(steps) {
  const beside = steps.filter(({ isBeside }) => isBeside).map(once);
  const firsts = [];
  for (const step of steps.filter(({ isBeside }) => !isBeside)) firsts.push(await once(step));
  const outcomes = [];
  for (const first of [...firsts, ...(await Promise.all(beside))]) outcomes.push(await outcome(first));
  return outcomes;
}

async function once(step) {
  say(step.name);
  const begun = performance.now();
  const first = await run(step);
  say(`${step.name}: ${Math.round((performance.now() - begun) / 1000)} s`);
  return { step, first };
}

// Real guests on a busy machine are not always in time: a file that failed has the machine for itself once, and is named then.
async function outcome({ step, first }) {
  const keys = [...first.parts].filter(([, { failures }]) => failures.length > 0).map(([key]) => key);
  // What failed of no file cannot be run by itself.
  const isRepeated = wanted.length === 0 && keys.length > 0 && keys.length <= MOST_AGAIN && !keys.includes('');
  const { parts, unsteady, status } = isRepeated ? await runAgain(step, first, keys) : { ...first, unsteady: [] };
  const all = [...parts.values()];
  const failures = all.flatMap((part) => part.failures);
  const ended = { title: step.name, said: `it ended with ${status}` };
  return {
    name: step.name,
    passed: sum(all.map((part) => part.passed)),
    skipped: sum(all.map((part) => part.skipped)),
    failures: status !== 0 && failures.length === 0 ? [ended] : failures,
    unsteady,
  };
}

async function runAgain(step, first, keys) {
  say(`${step.name}: once more: ${keys.join(' ')}`);
  const { paths, env } = onlyThese(keys);
  const second = await run({
    ...step,
    ...vitest(`${step.name} again`, paths, step.options),
    env: { ...step.env, ...env },
  });
  const passed = keys.filter((key) => hasPassed(first.parts.get(key), second.parts.get(key)));
  return {
    status: second.status,
    parts: new Map([...first.parts, ...passed.map((key) => [key, second.parts.get(key)])]),
    unsteady: passed.flatMap((key) => first.parts.get(key).failures),
  };
}

// A step runs on the Node that the project brings, whatever the machine has. One without tests of its own counts as one.
async function run({ name, command: [program, ...words], report, env = {}, apart: wantsApart = true, isBeside }) {
  const command = [join(BIN, 'node'), join(BIN, program), ...words];
  const apart =
    isolates && wantsApart && report !== undefined
      ? ['unshare', '-m', '-n', 'sh', join(ROOT, 'scripts/namespace.sh')]
      : [];
  const [first, ...rest] = [...(isBeside ? ['nice'] : []), ...apart, ...command];
  const environment = { ...process.env, ...env, HOSTLER_TEST_REPORT: report, PATH: `${BIN}:${process.env.PATH}` };
  const status = await ended(first, rest, { cwd: ROOT, env: environment }, isBeside ? `${name}: ` : undefined);
  const parts = report === undefined ? undefined : readReport(report);
  const alone = { passed: status === 0 && report === undefined ? 1 : 0, failed: 0, skipped: 0, failures: [] };
  return { status, parts: parts ?? new Map([[name, alone]]) };
}

/** How it ended; what it says is told apart from what others say at the same time by what stands before it. */
function ended(program, words, options, before) {
  const stdio = before === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'];
  const child = spawn(program, words, { ...options, stdio });
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', (line) => process.stdout.write(`${before}${line}\n`));
  return new Promise((resolve) => child.on('error', () => resolve(undefined)).on('exit', resolve));
}

function tell(what, failures) {
  for (const { title, said } of failures) process.stderr.write(`\ntest: ${what}: ${title}\n${said}\n`);
}

function say(text) {
  process.stderr.write(`test: ${text}\n`);
}

function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}
