// Boots the test host, brings the checkout in, and measures there: npm run bench:vm, bench:repair, bench:resync:vm
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bringBuild, INSIDE } from '../test/vm/build.ts';
import { insideWords } from '../test/vm/inside-run.ts';
import { bootMachine, removeMachine, runningMachine } from '../test/vm/machine.ts';

const MEASURES = ['usb', 'repair', 'resync'];
const [measure = 'usb', ...further] = process.argv.slice(2);
if (!MEASURES.includes(measure)) throw new Error(`${measure}: one of ${MEASURES.join(', ')} can be measured`);
const NATIVE = join(import.meta.dirname, '../native');

execFileSync('make', ['--silent', '-C', NATIVE, 'all', 'fixtures', 'bench'], { stdio: 'inherit' });
const running = runningMachine();
if (running?.cgroups === 'v1')
  throw new Error('the test host runs with cgroups of v1; end it first: npm run vm -- down');
const machine = running ?? (await bootMachine());
try {
  await bringBuild(machine);
  const times = process.env.TIMES === undefined ? '' : `TIMES=${Number(process.env.TIMES)}`;
  const command = `cd ${INSIDE} && PATH=$PWD/node_modules/.bin:$PATH HOSTLER_TEST_PATIENCE_MS=300000 ${times} node bench/${[`${measure}.ts`, ...further].join(' ')}`;
  const [program = '', ...words] = [...machine.ssh('-t', ...insideWords.forward(machine)), command];
  process.exitCode = spawnSync(program, words, { stdio: 'inherit' }).status ?? 1;
} finally {
  if (running === undefined) await removeMachine(machine);
}
