import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import type { Store } from '../../../src/ports/store.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { deaf, LISTENING } from '../../lifecycle/init-facts.ts';

const caller = { uid: 0, pid: 1 };
const KEEPER = '22954 700';
const CRASH = { delayMs: 1000, mostMs: 60_000, stableMs: 600_000, budget: 3 };

function configured(): Config {
  const start = { ...USUAL_START, timeoutMs: 20_000 };
  return { ...configOf(), guests: [{ guest: 'web', start, restart: { crash: CRASH } }] };
}

async function agentOn(machine: Machine, store: Store): Promise<Stage> {
  const config = configured();
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  await atRest();
  return made;
}

async function agentAfter({ machine }: Stage, store: Store, meanwhile: () => void = () => {}): Promise<Stage> {
  machine.clock.silence();
  machine.line.cut();
  meanwhile();
  machine.startExecutor();
  return agentOn(machine, store);
}

/** Web ended while no agent ran, and who saw to it is still at work. */
async function endedUnseen(store: Store = memoryStore()): Promise<Stage> {
  const machine = new Machine();
  machine.start('web').keeper = KEEPER;
  machine.keepers.add(KEEPER);
  return agentAfter(await agentOn(machine, store), store, () => machine.stop('web'));
}

function begun({ machine }: Stage): number {
  return machine.asked.filter((line) => / start-guest/.test(line)).length;
}

function told({ agent }: Stage, kind: string): readonly string[] {
  return agent.control.events(0).flatMap((event) => (event.kind === kind ? event.says.replace(/;.*/, '') : []));
}

function stateOf({ agent }: Stage): string | undefined {
  return agent.control.guest('web')?.state;
}

test('a guest that ended while no agent ran is not begun before its runtime has cleared away, by none of the next agents', async () => {
  const store = memoryStore();
  let made = await endedUnseen(store);
  made.agent.control.start({ guests: ['web'] }, {}, caller);
  await made.machine.clock.pass(3000);
  made = await agentAfter(made, store);
  await made.machine.clock.pass(3000);
  expect([begun(made), made.agent.control.guest('web')?.life?.doing]).toEqual([0, 'waiting']);
  made.machine.keepers.clear();
  await made.machine.clock.pass(10_000);
  expect([begun(made), stateOf(made), told(made, 'refusal')]).toEqual([1, 'running', []]);
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 0, end: { why: 'unseen' } });
});

test('nor is one whose start was under way', async () => {
  const machine = new Machine();
  machine.guests.set('web', undefined);
  machine.onStart = () => {
    Object.assign(machine.start('web'), { keeper: KEEPER, init: deaf(LISTENING.busybox) });
    machine.keepers.add(KEEPER);
  };
  const store = memoryStore();
  const first = await agentOn(machine, store);
  first.agent.control.start({ guests: ['web'] }, {}, caller);
  await machine.clock.pass(500);
  expect([stateOf(first), first.agent.control.guest('web')?.life?.doing]).toEqual(['running', 'starting']);
  const made = await agentAfter(first, store, () => machine.stop('web'));
  await machine.clock.pass(5000);
  expect([begun(made), made.agent.control.guest('web')?.life?.doing]).toEqual([1, 'waiting']);
  machine.keepers.clear();
  await machine.clock.pass(500);
  expect([begun(made), stateOf(made)]).toEqual([2, 'running']);
});

test('nobody knows whether such an end was asked for: it is no crash, and is told when its runtime has cleared away', async () => {
  const made = await endedUnseen();
  await made.machine.clock.pass(3000);
  expect(told(made, 'guest')).not.toContain('web: has ended while no agent ran');
  made.machine.keepers.clear();
  await made.machine.clock.pass(120_000);
  expect(told(made, 'guest')).toContain('web: has ended while no agent ran');
  expect([begun(made), made.agent.control.guest('web')?.life]).toMatchObject([
    0,
    { crashes: 0, end: { why: 'unseen' } },
  ]);
});

test('one that somebody stops while it reboots is stopped when it comes again', async () => {
  const made = await endedUnseen();
  const view = await made.agent.control.stop('web', { kill: false }, caller);
  expect(view.state).toBe('stopping');
  await made.machine.clock.pass(500);
  made.machine.start('web').keeper = KEEPER;
  await made.machine.clock.pass(5000);
  expect(stateOf(made)).toBe('stopped');
  made.machine.keepers.clear();
  await made.machine.clock.pass(120_000);
  expect([begun(made), stateOf(made), made.agent.control.guest('web')?.life?.end?.why]).toEqual([
    0,
    'stopped',
    'stopped',
  ]);
});

test('one that comes again has rebooted', async () => {
  const made = await endedUnseen();
  made.machine.start('web').keeper = KEEPER;
  await made.machine.clock.pass(5000);
  expect([begun(made), stateOf(made)]).toEqual([0, 'running']);
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 0, end: { why: 'rebooted' } });
});
