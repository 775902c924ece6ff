// Boots the test host, brings the checkout in, and measures there: npm run bench:vm [-- limits], npm run bench:repair
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bringBuild, INSIDE } from '../test/vm/build.ts';
import { insideWords } from '../test/vm/inside-run.ts';
import { bootMachine, removeMachine, runningMachine } from '../test/vm/machine.ts';

const MEASURES = { usb: 'bench/usb.ts', repair: 'bench/repair.ts', limits: 'bench/limits.ts shares' };
const PASSED = ['TIMES', 'SHARE_S', 'WAVES_S', 'JOBS'];
const { argv, env } = process;
const measure = MEASURES[argv[2] === 'repair' || argv[2] === 'limits' ? argv[2] : 'usb'];
const NATIVE = join(import.meta.dirname, '../native');

execFileSync('make', ['--silent', '-C', NATIVE, 'all', 'fixtures', 'bench'], { stdio: 'inherit' });
const running = runningMachine();
const machine = running ?? (await bootMachine());
try {
  await bringBuild(machine);
  const set = PASSED.filter((name) => env[name] !== undefined).map((name) => `${name}=${Number(env[name])}`);
  const words = ['PATH=$PWD/node_modules/.bin:$PATH', 'HOSTLER_TEST_PATIENCE_MS=300000', ...set, 'node', measure];
  const command = `cd ${INSIDE} && ${words.join(' ')}`;
  const [program = '', ...rest] = [...machine.ssh('-t', ...insideWords.forward(machine)), command];
  process.exitCode = spawnSync(program, rest, { stdio: 'inherit' }).status ?? 1;
} finally {
  if (running === undefined) await removeMachine(machine);
}
