import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import type { ShutdownLimit } from '../../../src/model/shutdown.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

const OURS: ShutdownLimit = { name: 'TimeoutStopSec', ms: 1_500_000, ends: 'guests', isOurs: true };

async function staged(limits: readonly ShutdownLimit[] = [OURS], guests: Config['guests'] = []) {
  const machine = new Machine();
  machine.shutdownLimits = limits;
  for (const guest of ['web1', 'web2']) machine.start(guest);
  machine.onHalt = () => {};
  machine.guests.set('cold', undefined);
  machine.guests.set('idle', undefined);
  const made = await startedStage({ ...configOf(), guests }, machine);
  const says = (state: 'begins' | 'withdrawn') => made.agent.handle({ kind: 'shutdown', state });
  const asked = (what: string) => machine.asked.filter((line) => line.includes(what)).length;
  return { ...made, says, asked };
}

test('the host is asked to wait, and waits until all guests have halted', async () => {
  const { machine, says, asked } = await staged();
  expect(asked('host inhibit')).toBe(1);
  says('begins');
  await machine.clock.pass(100);
  expect([asked('web1 halt'), asked('web2 halt'), asked('host uninhibit')]).toEqual([1, 1, 0]);
  machine.stop('web1');
  await machine.clock.pass(200);
  expect(asked('host uninhibit')).toBe(0);
  machine.stop('web2');
  await machine.clock.pass(200);
  expect(asked('host uninhibit')).toBe(1);
});

test('without a guest it need not wait', async () => {
  const { machine, says, asked } = await staged();
  for (const guest of ['web1', 'web2']) machine.stop(guest);
  await machine.clock.pass(100);
  says('begins');
  await machine.clock.pass(10);
  expect(asked('host uninhibit')).toBe(1);
});

test('guests that others stop at shutdown are left to them', async () => {
  const { machine, says, asked } = await staged([]);
  says('begins');
  await machine.clock.pass(1000);
  expect([asked('web1 halt'), asked('host uninhibit')]).toEqual([0, 1]);
});

test('a service that has become active meanwhile is found', async () => {
  const { machine, says, asked } = await staged([]);
  machine.shutdownLimits = [OURS];
  says('begins');
  await machine.clock.pass(100);
  expect(asked('web1 halt')).toBe(1);
});

test('after one that was withdrawn the next one is waited for as well', async () => {
  const { machine, says, asked } = await staged();
  says('withdrawn');
  await machine.clock.pass(10);
  expect(asked('host inhibit')).toBe(2);
  says('begins');
  await machine.clock.pass(100);
  says('withdrawn');
  for (const guest of ['web1', 'web2']) machine.stop(guest);
  await machine.clock.pass(200);
  expect(asked('host uninhibit')).toBe(0);
});

const startsAfter = (guest: string, ...after: readonly string[]) => ({ guest, start: { ...USUAL_START, after } });

test('nobody is started any more, and who was on the way is stopped', async () => {
  const { machine, agent, says, asked } = await staged([OURS], [startsAfter('idle', 'cold')]);
  machine.onStart = () => {};
  agent.control.start({ guests: ['idle'] }, {}, { uid: 0, pid: 1 });
  await machine.clock.pass(100);
  says('begins');
  machine.start('cold');
  await machine.clock.pass(30_000);
  expect([asked('cold halt'), asked('idle start-guest')]).toEqual([1, 0]);
});

/** Two that run, and both stop when web1 has ended. */
async function stagedInOrder() {
  const made = await staged([OURS], [startsAfter('web1', 'cold', 'idle')]);
  for (const guest of ['cold', 'idle']) made.machine.start(guest);
  await made.machine.clock.pass(100);
  const withdrawn = async () => {
    made.says('begins');
    await made.machine.clock.pass(100);
    made.says('withdrawn');
    made.machine.stop('web1');
    await made.machine.clock.pass(1000);
    return ['web1', 'cold', 'idle'].map((guest) => made.asked(`${guest} halt`));
  };
  return { ...made, withdrawn };
}

test('one that is withdrawn stops no more of them', async () => {
  const { agent, withdrawn } = await stagedInOrder();
  expect(await withdrawn()).toEqual([1, 0, 0]);
  const told = agent.control.events(0).filter(({ kind, severity }) => kind === 'agent' && severity === 'warning');
  expect(told.map(({ says }) => says)).toEqual([
    expect.stringMatching(/^the host does not go down after all: 2 guests run on/),
  ]);
});

test('one that is withdrawn changes nothing for those that somebody wants stopped anyway', async () => {
  const { agent, withdrawn } = await stagedInOrder();
  agent.control.stopAll(undefined, { kill: false }, { uid: 0, pid: 1 });
  expect(await withdrawn()).toEqual([1, 1, 1]);
});

test('what another agent takes up that only the host wanted stopped is spared as well when that is withdrawn', async () => {
  const machine = new Machine();
  machine.shutdownLimits = [OURS];
  for (const guest of ['web1', 'web2']) machine.start(guest);
  machine.onHalt = () => {};
  const config = { ...configOf(), guests: [{ guest: 'web2', start: { ...USUAL_START, after: ['web1'] } }] };
  const store = memoryStore();
  const first = stage(machine, config, portsOf(machine, config, store));
  await first.agent.start();
  first.agent.handle({ kind: 'shutdown', state: 'begins' });
  await machine.clock.pass(100);
  first.agent.end();
  const { agent } = stage(machine, config, portsOf(machine, config, store));
  await agent.start();
  agent.handle({ kind: 'shutdown', state: 'withdrawn' });
  await machine.clock.pass(100);
  machine.stop('web2');
  await machine.clock.pass(2000);
  expect(machine.asked.filter((line) => line.startsWith('web1 halt'))).toEqual([]);
  expect(agent.control.guest('web1')?.state).toBe('running');
});
