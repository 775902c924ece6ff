import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { bringBuild } from './build.ts';
import { type InsideRun, runInside } from './inside-run.ts';
import { bootMachine, type Machine, removeMachine } from './machine.ts';
import { idOf } from './outcome.ts';
import { bringPackages } from './packages.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Only these, where there are any. */
const WANTED = (process.env.HOSTLER_TEST_INSIDE ?? '').split(' ').filter(Boolean);
// Loaded, not parsed: names may be computed.
const LIST = ['list', '--json', '--no-static-parse', '--config', 'test/vm/inside/vitest.config.ts', ...WANTED];

/** The tests that run inside, by file. */
function listed(): ReadonlyMap<string, readonly string[]> {
  const { stdout, stderr } = spawnSync('node_modules/.bin/vitest', LIST, { cwd: ROOT, encoding: 'utf8' });
  try {
    const tests: readonly { name: string; file: string }[] = JSON.parse(stdout);
    const byFile = Map.groupBy(tests, ({ file }) => file.slice(ROOT.length + 1));
    return new Map([...byFile].map(([file, all]) => [file, all.map(({ name }) => name)]));
  } catch (cause) {
    throw new Error(`the tests of the test host cannot be listed: ${stderr}`, { cause });
  }
}

let machine: Machine | undefined;
let run: InsideRun | undefined;

beforeAll(async () => {
  machine = await bootMachine({ name: 'suite' });
  bringPackages(machine);
  await bringBuild(machine);
  run = runInside(machine, WANTED);
});
afterAll(async () => {
  run?.end();
  if (machine !== undefined) await removeMachine(machine);
});

for (const [file, names] of listed()) {
  describe(file, () => {
    for (const name of names) {
      test(name, async () => {
        const outcome = await run?.outcome(idOf(file, name));
        if (outcome?.state !== 'passed') throw new Error(outcome?.text || `it was ${outcome?.state ?? 'not begun'}`);
      });
    }
  });
}
