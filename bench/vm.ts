// Boots the test host, brings the checkout in, and measures there: npm run bench:vm [-- limits], bench:repair, bench:resync:vm
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bringBuild, INSIDE } from '../test/vm/build.ts';
import { insideWords } from '../test/vm/inside-run.ts';
import { bootMachine, removeMachine, runningMachine } from '../test/vm/machine.ts';

const MEASURES: Readonly<Record<string, string>> = {
  usb: 'bench/usb.ts',
  repair: 'bench/repair.ts',
  resync: 'bench/resync.ts',
  limits: 'bench/limits.ts shares',
};
const PASSED = ['TIMES', 'SHARE_S', 'WAVES_S', 'JOBS'];
const [name = 'usb', ...further] = process.argv.slice(2);
const measure = MEASURES[name];
if (measure === undefined) throw new Error(`${name}: one of ${Object.keys(MEASURES).join(', ')} can be measured`);
const NATIVE = join(import.meta.dirname, '../native');

execFileSync('make', ['--silent', '-C', NATIVE, 'all', 'fixtures', 'bench'], { stdio: 'inherit' });
const running = runningMachine();
if (running?.cgroups === 'v1')
  throw new Error('the test host runs with cgroups of v1; end it first: npm run vm -- down');
const machine = running ?? (await bootMachine());
try {
  await bringBuild(machine);
  const set = PASSED.filter((name) => process.env[name] !== undefined).map(
    (name) => `${name}=${Number(process.env[name])}`,
  );
  const words = [
    'PATH=$PWD/node_modules/.bin:$PATH',
    'HOSTLER_TEST_PATIENCE_MS=300000',
    ...set,
    'node',
    measure,
    ...further,
  ];
  const command = `cd ${INSIDE} && ${words.join(' ')}`;
  const [program = '', ...rest] = [...machine.ssh('-t', ...insideWords.forward(machine)), command];
  process.exitCode = spawnSync(program, rest, { stdio: 'inherit' }).status ?? 1;
} finally {
  if (running === undefined) await removeMachine(machine);
}
