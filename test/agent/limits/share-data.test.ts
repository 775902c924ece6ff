import { expect, test } from 'vitest';
import { atRest } from '../../fakes/clock.ts';
import type { Machine } from '../../fakes/machine.ts';
import type { Stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy } from '../../limits/policy.ts';
import { running, withGuest } from './running.ts';

const MiB = 2 ** 20;
const GiB = 1024 * MiB;
const AS = { as: { raise: 0.9, clear: 0.8, forMs: 0 } };
const SHARED = policy({
  guests: ['*'],
  memory: { addressSpace: { limit: GiB, enforce: 'data', scope: 'guest' } },
});
const ALONE = policy({ guests: ['*'], memory: { addressSpace: { limit: GiB, enforce: 'data' } } });

function asked({ asked: all }: Machine): readonly string[] {
  return all.filter((line) => /limit-data|share-data|data-held/.test(line)).map((line) => line.replace('host ', ''));
}

function holds(machine: Machine, sum: number, largest = sum, processes = 3): void {
  const start = machine.guests.get('web1');
  if (start) start.dataHeld = { processes, sum, largest };
}

const row = ({ agent }: Stage) => agent.control.limits('web1')[0]?.rows.find(({ resource }) => resource === 'as');
const told = ({ agent }: Stage) =>
  agent.control.events(0).flatMap(({ kind, says }) => (kind === 'alert' ? [says] : []));

test('each process is limited to the whole first, then what is left is divided', async () => {
  const machine = withGuest();
  holds(machine, 300 * MiB);
  const made = await running(machine, memoryStore(), SHARED);
  expect(asked(machine)).toEqual([`limit-data /lxc.payload.web1 ${GiB}`, `share-data /lxc.payload.web1 ${GiB}`]);
  expect(row(made)).toMatchObject({ held: 300 * MiB, limit: GiB });
});

test('it is divided again soon while somebody takes, and later and later when nobody does', async () => {
  const machine = withGuest();
  await running(machine, memoryStore(), SHARED);
  const shares = () => asked(machine).filter((line) => line.startsWith('share-data')).length;
  for (let sum = 0; sum < 10; sum += 1) {
    holds(machine, sum * 50 * MiB);
    await machine.clock.pass(250);
  }
  expect(shares()).toBe(11);
  await machine.clock.pass(60_000);
  expect(shares()).toBeLessThan(30);
});

test('it is divided at once when somebody is refused', async () => {
  const machine = withGuest();
  const made = await running(machine, memoryStore(), SHARED);
  await machine.clock.pass(60_000);
  const before = asked(machine).length;
  made.agent.handle({ kind: 'refused', count: 1, pid: 101, command: 'hog', cgroup: '/lxc.payload.web1' });
  await atRest();
  expect(asked(machine).slice(before)).toEqual([`share-data /lxc.payload.web1 ${GiB}`]);
});

test.each([
  ['that limits each by itself', [ALONE], [`share-data /lxc.payload.web1 max`]],
  [
    'that limits nothing',
    [],
    [`share-data /lxc.payload.web1 max`, `limit-data /lxc.payload.web1 max not ${GiB} but max:max`],
  ],
])('with a policy %s each has all of it again, also when another agent looks', async (_, policies, expected) => {
  const [machine, store] = [withGuest(), memoryStore()];
  await running(machine, store, SHARED);
  machine.line.cut();
  machine.startExecutor();
  const before = asked(machine).length;
  await running(machine, store, ...policies);
  expect(asked(machine).slice(before).slice(0, expected.length)).toEqual(expected);
  await machine.clock.pass(5_000);
  expect(asked(machine).filter((line) => line.includes('share-data /lxc.payload.web1 max'))).toHaveLength(1);
});

test('what is refused of it is told once, stays told, and is tried again', async () => {
  const machine = withGuest();
  machine.refuse = (_, what) =>
    what === 'share-data' ? { errno: 'EAGAIN', call: 'share-data', subject: '' } : undefined;
  const { agent, log } = await running(machine, memoryStore(), SHARED);
  const refused = [{ code: 'E_LIMIT', subject: 'web1', detail: `RLIMIT_DATA ${GiB}: share-data EAGAIN` }];
  for (let at = 0; at < 20; at += 1) {
    expect(agent.control.guest('web1')?.refusals).toEqual(refused);
    await machine.clock.pass(1_000);
  }
  expect(log.filter(({ message }) => message.includes('RLIMIT_DATA'))).toHaveLength(1);
  machine.refuse = () => undefined;
  await machine.clock.pass(15_000);
  expect(agent.control.guest('web1')?.refusals).toEqual([]);
});

test.each([
  ['of all its processes together', { ...SHARED, alerts: AS }, [950 * MiB, 100 * MiB]],
  ['of one process, where each is limited by itself', { ...ALONE, alerts: AS }, [2000 * MiB, 950 * MiB]],
] as const)('a guest that has nearly all the data that it may have, %s, is told of', async (_, one, [sum, largest]) => {
  const machine = withGuest();
  holds(machine, 800 * MiB, 50 * MiB);
  const made = await running(machine, memoryStore(), one);
  await machine.clock.pass(15_000);
  expect(told(made)).toEqual([]);
  holds(machine, sum, largest);
  await machine.clock.pass(15_000);
  expect(told(made)).toEqual(['web1: address space: at 93 % of its limit']);
});

test('what processes have is not looked at where nobody is told of it', async () => {
  const machine = withGuest();
  await running(machine, memoryStore(), ALONE);
  await machine.clock.pass(30_000);
  expect(asked(machine).filter((line) => !line.startsWith('limit-data'))).toEqual([]);
});
