// Runs the tests. As root in namespaces of their own: nothing is mounted, and no udevd runs, on the machine itself.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const ROOT = join(import.meta.dirname, '..');
const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'hostler-test-'));
const results = join(folder, 'results.json');
const words = process.argv.slice(2);

if (!isRoot) process.stderr.write('test: without root the tests with real guests and devices are left out\n');
const steps = words.length > 0 ? [vitest()] : [['tsc', '--noEmit'], ['biome', 'check', '.'], vitest()];
const failed = steps.filter((step) => !succeeds(step));
const { passed, failures, skipped } = count();
rmSync(folder, { recursive: true });
for (const [program] of failed) process.stderr.write(`test: ${program} failed\n`);
const failedCount = failures + failed.filter(([program]) => program !== 'vitest').length;
process.stdout.write(`${passed} passed, ${failedCount} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed.length === 0 ? 0 : 1);

function vitest() {
  return ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`, ...words];
}

// A step runs on the Node that the project brings, whatever the machine has.
function succeeds([program, ...rest]) {
  const bin = join(ROOT, 'node_modules/.bin');
  const command = [join(bin, 'node'), join(bin, program), ...rest];
  const inside =
    isRoot && program === 'vitest'
      ? ['unshare', '-m', '-n', 'sh', join(ROOT, 'scripts/namespace.sh'), ...command]
      : command;
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const { status } = spawnSync(inside[0], inside.slice(1), { cwd: ROOT, stdio: 'inherit', env });
  return status === 0;
}

function count() {
  try {
    const report = JSON.parse(readFileSync(results, 'utf8'));
    return { passed: report.numPassedTests, failures: report.numFailedTests, skipped: report.numPendingTests };
  } catch {
    return { passed: 0, failures: 1, skipped: 0 };
  }
}
