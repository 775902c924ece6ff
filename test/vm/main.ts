// The developer's way into the test host: npm run vm
import { spawnSync } from 'node:child_process';
import { bringBuild, INSIDE } from './build.ts';
import { insideWords } from './inside-run.ts';
import { bootMachine, type Machine, removeMachine, runningMachine } from './machine.ts';
import { bringPackages } from './packages.ts';
import type { Cgroups } from './qemu.ts';

const USAGE = `npm run vm                       a shell in the test host, which ends with it
npm run vm -- up [--cgroup1]     boots it and lets it run; with the cgroups of v1
npm run vm -- sh [COMMAND]       a shell, or one command, in the one that runs
npm run vm -- build              brings the checkout in anew
npm run vm -- package            builds the package, and brings it in, as package.test.ts wants it
npm run vm -- test [PATH...]     runs the tests inside, on the checkout as it is now
npm run vm -- down               ends it
`;

const [command, ...words] = process.argv.slice(2);
process.exitCode = await chosen();

async function chosen(): Promise<number> {
  switch (command) {
    case undefined:
      return visit();
    case 'up':
      return up(words);
    case 'sh':
      return shell(await ready(), words);
    case 'build':
      await bringBuild(await ready());
      return 0;
    case 'package':
      bringPackages(await ready());
      return 0;
    case 'test': {
      const machine = await ready();
      await bringBuild(machine);
      return through([...machine.ssh('-t', ...insideWords.forward(machine)), insideWords.command(words)]);
    }
    case 'down': {
      const machine = runningMachine();
      if (machine !== undefined) await removeMachine(machine);
      return 0;
    }
    default:
      process.stderr.write(USAGE);
      return 2;
  }
}

async function up(flags: readonly string[]): Promise<number> {
  const unknown = flags.find((flag) => flag !== '--cgroup1');
  if (unknown !== undefined) return refused(`up knows no ${unknown}`);
  const cgroups = flags.length > 0 ? 'v1' : 'v2';
  const running = runningMachine();
  if (running !== undefined && running.cgroups !== cgroups)
    return refused(`one with cgroups of ${running.cgroups} runs; end it first: npm run vm -- down`);
  if (running === undefined) await booted(cgroups);
  return 0;
}

function refused(why: string): number {
  process.stderr.write(`vm: ${why}\n`);
  return 2;
}

async function visit(): Promise<number> {
  const running = runningMachine();
  const machine = running ?? (await ready());
  const status = shell(machine, []);
  if (running === undefined) await removeMachine(machine);
  return status;
}

async function ready(): Promise<Machine> {
  return runningMachine() ?? booted('v2');
}

async function booted(cgroups: Cgroups): Promise<Machine> {
  process.stderr.write('vm: booting, about 20 s\n');
  const machine = await bootMachine({ cgroups });
  await bringBuild(machine);
  return machine;
}

function shell(machine: Machine, command: readonly string[]): number {
  const say = command.length > 0 ? command.join(' ') : `cd ${INSIDE} && exec bash -l`;
  return through([...machine.ssh('-t', ...insideWords.forward(machine)), say]);
}

function through([program = '', ...rest]: readonly string[]): number {
  return spawnSync(program, rest, { stdio: 'inherit' }).status ?? 1;
}
