import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { ShutdownLimit } from '../../../src/model/shutdown.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { OURS, staged, startsAfter } from './going-down.ts';

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
  await agent.control.stopTogether({ mark: undefined }, { kill: false }, { uid: 0, pid: 1 });
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

test('one that hangs leaves those that halt after it the time that they need, also with the next agent', async () => {
  const limit: ShutdownLimit = { ...OURS, ms: 123_000 };
  const stop = (timeoutMs: number) => ({ timeoutMs, before: [] });
  const guests = [
    { ...startsAfter('web1', 'web2'), stop: stop(1_800_000) },
    { guest: 'web2', stop: stop(60_000) },
  ];
  const { machine, says, agent, store } = await staged([limit], guests);
  says('begins');
  await machine.clock.pass(100);
  const begun = machine.clock.sinceBoot();
  expect(store.stop('web1')?.killAt).toBeLessThanOrEqual(begun + 60_000);
  expect(agent.control.events(0).map((event) => event.says)).toContain(
    'web1: has 60.0 s to halt instead of 1800.0 s: the host waits no longer for all of them',
  );
  expect(store.waitingStops()?.endsAt).toBeLessThanOrEqual(begun + 120_000);
  await machine.clock.pass(62_000);
  expect(store.stop('web2')?.killAt).toBeLessThanOrEqual(begun + 122_000);
});

test('a stop that somebody has begun with more time than the host has is shortened', async () => {
  const { machine, says, agent, store } = await staged([{ ...OURS, ms: 63_000 }]);
  await agent.control.stop('web1', { kill: false, timeoutMs: 900_000 }, { uid: 0, pid: 1 });
  await agent.control.stop('web2', { kill: false, timeoutMs: 20_000 }, { uid: 0, pid: 1 });
  await machine.clock.pass(100);
  const begun = machine.clock.sinceBoot();
  says('begins');
  await machine.clock.pass(100);
  expect(store.stop('web1')?.killAt).toBeLessThanOrEqual(begun + 60_000);
  expect(store.stop('web2')?.killAt).toBeLessThanOrEqual(begun + 20_000);
});

test('who is under way when the host goes down leaves time for those behind it, whatever their order', async () => {
  const stop = (timeoutMs: number) => ({ timeoutMs, before: [] });
  const guests = [
    { ...startsAfter('web1', 'web2'), stop: stop(900_000) },
    { guest: 'web2', stop: stop(60_000) },
  ];
  const { machine, says, agent, store } = await staged([{ ...OURS, ms: 123_000 }], guests);
  await agent.control.stop('web1', { kill: false }, { uid: 0, pid: 1 });
  await machine.clock.pass(100);
  const begun = machine.clock.sinceBoot();
  says('begins');
  await machine.clock.pass(100);
  expect(store.stop('web1')?.killAt).toBeLessThanOrEqual(begun + 60_000);
});

test('nobody is killed unasked because the time of the host is over', async () => {
  const { machine, says, asked } = await staged([{ ...OURS, ms: 1000 }]);
  machine.onHalt = (guest) => machine.stop(guest);
  says('begins');
  await machine.clock.pass(1000);
  expect([asked('web1 halt'), asked('web2 halt'), asked('kill-guest')]).toEqual([1, 1, 0]);
});

test('of those that hang one behind the other, each is asked to halt before the time of the host is over', async () => {
  const guests = [startsAfter('web1', 'web2'), startsAfter('web2', 'cold')];
  const { machine, says, asked } = await staged([{ ...OURS, ms: 18_000 }], guests);
  machine.start('cold');
  await machine.clock.pass(100);
  says('begins');
  await machine.clock.pass(14_900);
  expect(['web1', 'web2', 'cold'].map((guest) => asked(`${guest} halt`) > 0)).toEqual([true, true, true]);
  expect(asked('cold kill-guest')).toBe(0);
});

test('who cannot be killed holds nobody up when the time of the host is over', async () => {
  const { machine, says, asked, agent } = await staged([{ ...OURS, ms: 9000 }], [startsAfter('web1', 'web2')]);
  const web1 = machine.guests.get('web1');
  if (web1) web1.isUnkillable = true;
  says('begins');
  await machine.clock.pass(5900);
  expect(asked('web2 halt')).toBe(0);
  await machine.clock.pass(200);
  expect(asked('web2 halt')).toBeGreaterThan(0);
  expect(agent.control.events(0).map((event) => event.says)).toContain(
    'the host waits no longer: 1 guests are asked to halt at once, whoever has not ended before them',
  );
});

test.each([
  ['of those that it leaves seconds', 7000, 3900],
  ['of those that it leaves nothing', 3000, 1600],
])('what is run before a halt %s keeps nobody from being asked while the host is still there', async (_, ms, byMs) => {
  const dump = { where: 'guest', words: ['dump'], timeoutMs: 60_000 } as const;
  const guests = ['web1', 'web2'].map((guest) => ({ guest, stop: { timeoutMs: 120_000, before: [dump] } }));
  const { machine, says, asked, agent } = await staged([{ ...OURS, ms }], guests);
  machine.onRun = () => new Promise(() => {});
  await agent.control.stop('web1', { kill: false, timeoutMs: 9000 }, { uid: 0, pid: 1 });
  await machine.clock.pass(10);
  says('begins');
  await machine.clock.pass(byMs);
  const seen = ['web1 run-inside', 'web2 run-inside', 'web1 halt', 'web2 halt', 'kill-guest'].map(asked);
  expect(seen).toEqual([1, 1, 1, 1, 0]);
  expect(agent.control.events(0).filter(({ says }) => /^E_STOP.*the host waits no longer/.test(says))).toHaveLength(2);
});
