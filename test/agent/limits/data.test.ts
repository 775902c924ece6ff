import { expect, test } from 'vitest';
import type { Policy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy } from '../../limits/policy.ts';

const MiB = 2 ** 20;
const BY_DATA = policy({ guests: ['*'], memory: { addressSpace: { limit: 256 * MiB, enforce: 'data' } } });

async function running(machine: Machine, store = memoryStore(), ...policies: readonly Policy[]): Promise<Stage> {
  const config = { ...configOf(), policies };
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  await atRest();
  return made;
}

function machineWithGuest(): Machine {
  const machine = new Machine();
  machine.start('web1');
  return machine;
}

function asked({ asked: all }: Machine): readonly string[] {
  return all.filter((line) => line.startsWith('host limit-data'));
}

test('each process is limited at once, and those that come from outside a little later', async () => {
  const machine = machineWithGuest();
  await running(machine, memoryStore(), BY_DATA);
  expect(asked(machine)).toEqual([`host limit-data /lxc.payload.web1 ${256 * MiB}`]);
  await machine.clock.pass(25_000);
  expect(asked(machine)).toHaveLength(3);
});

test('a policy that enforces by swap alone limits no process', async () => {
  const machine = machineWithGuest();
  const bySwap = policy({
    guests: ['*'],
    memory: { limit: 128 * MiB, addressSpace: { limit: 256 * MiB, enforce: 'swap' } },
  });
  await running(machine, memoryStore(), bySwap);
  expect(asked(machine)).toEqual([]);
});

test('without its policy the processes have no limit any more, also when another agent looks', async () => {
  const [machine, store] = [machineWithGuest(), memoryStore()];
  await running(machine, store, BY_DATA);
  machine.line.cut(); // the first agent is dead
  machine.startExecutor();
  await running(machine, store);
  expect(asked(machine).at(-1)).toBe('host limit-data /lxc.payload.web1 max');
  await machine.clock.pass(30_000);
  expect(asked(machine).filter((line) => line.endsWith(' max'))).toHaveLength(1);
});

test('what the kernel refuses is told, and tried again', async () => {
  const machine = machineWithGuest();
  machine.refuse = (_, what) =>
    what === 'limit-data' ? { errno: 'EPERM', call: 'prlimit', subject: '101' } : undefined;
  const { agent } = await running(machine, memoryStore(), BY_DATA);
  expect(agent.control.guest('web1')?.refusals).toEqual([
    { code: 'E_LIMIT', subject: 'web1', detail: `RLIMIT_DATA ${256 * MiB}: prlimit EPERM 101` },
  ]);
  machine.refuse = () => undefined;
  await machine.clock.pass(15_000);
  expect(agent.control.guest('web1')?.refusals).toEqual([]);
});
