import { expect, test } from 'vitest';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import type { Machine } from '../../fakes/machine.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy } from '../../limits/policy.ts';
import { running, withGuest } from './running.ts';

const MiB = 2 ** 20;
const BY_DATA = policy({ guests: ['*'], memory: { addressSpace: { limit: 256 * MiB, enforce: 'data' } } });

function asked({ asked: all }: Machine): readonly string[] {
  return all.filter((line) => line.startsWith('host limit-data'));
}

test('each process is limited at once, and those that come from outside a little later', async () => {
  const machine = withGuest();
  await running(machine, memoryStore(), BY_DATA);
  expect(asked(machine)).toEqual([`host limit-data /lxc.payload.web1 ${256 * MiB}`]);
  await machine.clock.pass(1_000);
  expect(asked(machine)).toHaveLength(3); // after 200 ms and a second, those that were being born
  await machine.clock.pass(24_000);
  expect(asked(machine)).toHaveLength(5);
});

test('a policy that enforces by swap alone limits no process', async () => {
  const machine = withGuest();
  const bySwap = policy({
    guests: ['*'],
    memory: { limit: 128 * MiB, addressSpace: { limit: 256 * MiB, enforce: 'swap' } },
  });
  await running(machine, memoryStore(), bySwap);
  expect(asked(machine)).toEqual([]);
});

test('without its policy the processes have what init had before, also when another agent looks', async () => {
  const [machine, store] = [withGuest(), memoryStore()];
  const start = machine.guests.get('web1');
  if (start) start.data = { soft: 1024 * MiB };
  await running(machine, store, BY_DATA);
  if (start) start.data = { soft: 256 * MiB, hard: 256 * MiB }; // as it is now
  machine.line.cut(); // the first agent is dead
  machine.startExecutor();
  await running(machine, store);
  expect(asked(machine).at(-1)).toBe(`host limit-data /lxc.payload.web1 max not ${256 * MiB} but ${1024 * MiB}:max`);
  await machine.clock.pass(30_000);
  expect(asked(machine).filter((line) => line.includes(' max '))).toHaveLength(1);
});

test('a policy that allows more raises what the former one gave', async () => {
  const machine = withGuest();
  const { configuration, agent } = await running(machine, memoryStore(), BY_DATA);
  const more = policy({ guests: ['*'], memory: { addressSpace: { limit: 512 * MiB, enforce: 'data' } } });
  configuration.write({ ok: true, config: { ...configOf(), policies: [more] }, warnings: [] });
  await agent.control.reload({ uid: 0, pid: 1 });
  await atRest();
  expect(asked(machine).at(-1)).toBe(`host limit-data /lxc.payload.web1 ${512 * MiB} not ${256 * MiB} but max:max`);
  await machine.clock.pass(15_000);
  expect(asked(machine).at(-1)).toBe(`host limit-data /lxc.payload.web1 ${512 * MiB}`);
});

test('what the kernel refuses is told once whichever process it is of, stays told, and is tried again', async () => {
  const machine = withGuest();
  let process = 101;
  machine.refuse = (_, what) =>
    what === 'limit-data' ? { errno: 'EPERM', call: 'prlimit', subject: `${process++}` } : undefined;
  const { agent, log } = await running(machine, memoryStore(), BY_DATA);
  const refusals = () => agent.control.guest('web1')?.refusals;
  const told = [{ code: 'E_LIMIT', subject: 'web1', detail: `RLIMIT_DATA ${256 * MiB}: prlimit EPERM` }];
  expect(refusals()).toEqual(told);
  for (let at = 0; at < 35; at += 1) {
    await machine.clock.pass(1_000);
    expect(refusals()).toEqual(told);
  }
  expect(asked(machine).length).toBeGreaterThan(3);
  expect(log.filter(({ message }) => message.includes('RLIMIT_DATA'))).toHaveLength(1);
  machine.refuse = () => undefined;
  await machine.clock.pass(15_000);
  expect(refusals()).toEqual([]);
});

test('the plan shows what the data of processes is and will be, until it is so', async () => {
  const machine = withGuest();
  const { configuration, agent } = await running(machine);
  machine.refuse = (_, what) =>
    what === 'limit-data' ? { errno: 'EAGAIN', call: 'limit-data', subject: '' } : undefined;
  configuration.write({ ok: true, config: { ...configOf(), policies: [BY_DATA] }, warnings: [] });
  await agent.control.reload({ uid: 0, pid: 1 });
  const planned = async () => (await agent.control.plan('web1'))[0]?.limits;
  expect(await planned()).toEqual([{ file: 'RLIMIT_DATA', value: `${256 * MiB}`, held: 'max' }]);
  machine.refuse = () => undefined;
  await machine.clock.pass(60_000);
  expect(await planned()).toEqual([]);
});
