import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

const caller = { uid: 0, pid: 1 };
const UNIT = 'systemd-nspawn@web1.service';
const REBOOTS = 133;

/** A machine of systemd-nspawn that its service runs. */
async function staged(timeoutMs = 60_000, store = memoryStore(), machine = nspawnHost()): Promise<Stage> {
  const start = { ...USUAL_START, after: ['web1'] };
  const config = {
    ...configOf(),
    guests: [
      { guest: 'web1', stop: { timeoutMs, before: [] } },
      { guest: 'front', start },
    ],
  };
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  return made;
}

function nspawnHost(...others: readonly string[]): Machine {
  const machine = new Machine();
  machine.runtime = 'nspawn';
  machine.cgroupOf = (name) => `/machine.slice/systemd-nspawn@${name}.service`;
  for (const name of ['web1', ...others]) machine.start(name);
  return machine;
}

/** It ends; a moment later nspawn as well, of which systemd tells, and runs it again when it reboots. */
function ends({ machine, agent }: Stage, status: number, againMs = 100): void {
  const at = (ms: number, call: () => void) => machine.clock.wake(machine.clock.now() + ms, call);
  machine.stop('web1');
  at(200, () => agent.handle({ kind: 'unit-exit', unit: UNIT, status }));
  if (status === REBOOTS) at(200 + againMs, () => void machine.start('web1'));
}

function agentDies(machine: Machine): void {
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
}

/** How often it was asked to halt, and what was told of the stop. */
function stopOf({ machine, agent }: Pick<Stage, 'machine' | 'agent'>) {
  return {
    halts: machine.asked.filter((line) => line.startsWith('web1 halt')).length,
    kills: machine.asked.filter((line) => line.startsWith('web1 kill')).length,
    told: agent.control.events(0).flatMap(({ kind, says }) => (kind === 'stop' ? says : [])),
    state: agent.control.guest('web1')?.state,
  };
}

test('one that reboots instead of halting is halted when its service has started it again, and stays stopped', async () => {
  const made = await staged();
  made.machine.onHalt = () => ends(made, stopOf(made).halts === 1 ? REBOOTS : 0, 5000);
  await made.agent.control.stop('web1', { kill: false }, caller);
  await made.machine.clock.pass(20_000);
  expect(stopOf(made)).toMatchObject({ halts: 2, kills: 0, state: 'stopped' });
  expect(stopOf(made).told).toContain('web1: came up again instead of halting');
  await made.machine.clock.pass(120_000);
  expect(stopOf(made).state).toBe('stopped');
  expect(stopOf(made).told.filter((says) => says.includes('stopped in'))).toHaveLength(1);
  expect(made.agent.control.guest('web1')?.life).toMatchObject({ crashes: 0, end: { why: 'stopped' } });
});

test('one whose service starts it again only when the first ten seconds are over is halted as well', async () => {
  const made = await staged();
  made.machine.onHalt = () => ends(made, stopOf(made).halts === 1 ? REBOOTS : 0, 30_000);
  await made.agent.control.stop('web1', { kill: false }, caller);
  await made.machine.clock.pass(40_000);
  expect(stopOf(made)).toMatchObject({ halts: 2, state: 'stopped' });
});

test('one that is rebooting when somebody stops it is stopped when it is there again, also by another agent', async () => {
  for (const isNext of [false, true]) {
    const store = memoryStore();
    const first = await staged(60_000, store);
    first.machine.stop('web1');
    first.agent.handle({ kind: 'unit-exit', unit: UNIT, status: REBOOTS });
    await first.machine.clock.pass(1000);
    expect(await first.agent.control.stop('web1', { kill: false }, caller)).toMatchObject({ state: 'stopping' });
    if (isNext) agentDies(first.machine);
    const made = isNext ? await staged(60_000, store, first.machine) : first;
    made.machine.start('web1');
    await made.machine.clock.pass(20_000);
    expect(stopOf(made)).toMatchObject({ halts: 1, state: 'stopped' });
    expect(stopOf(made).told.at(-1)).toMatch(/^web1: stopped in/);
  }
});

test('one that is rebooting when somebody stops it, and is started after all, runs on', async () => {
  const made = await staged();
  made.machine.stop('web1');
  made.agent.handle({ kind: 'unit-exit', unit: UNIT, status: REBOOTS });
  await made.machine.clock.pass(1000);
  await made.agent.control.stop('web1', { kill: false }, caller);
  made.agent.control.start({ guests: ['web1'] }, {}, caller);
  await made.machine.clock.pass(20_000);
  expect(stopOf(made)).toMatchObject({ halts: 0, state: 'running', told: ['web1: is started after all'] });
});

test('one that has crashed when somebody stops it, and is started again at once, is stopped', async () => {
  const made = await staged();
  made.machine.stop('web1');
  made.agent.handle({ kind: 'unit-exit', unit: UNIT, status: 1 });
  await made.agent.control.stop('web1', { kill: false }, caller);
  made.machine.start('web1');
  await made.machine.clock.pass(20_000);
  expect(stopOf(made)).toMatchObject({ halts: 1, state: 'stopped' });
});

test('one that is gone from the host a moment after it was stopped has ended', async () => {
  const made = await staged();
  made.machine.stop('web1');
  await made.machine.clock.pass(10);
  await made.agent.control.stop('web1', { kill: false }, caller);
  made.machine.guests.delete('web1');
  made.machine.folderChanged('web1');
  await made.machine.clock.pass(1000);
  expect(stopOf(made)).toMatchObject({ state: undefined, told: ['web1: has ended'] });
});

test('one that has ended for good when somebody stops it is stopped as soon as that is known', async () => {
  const made = await staged();
  made.machine.stop('web1');
  await made.machine.clock.pass(10);
  const stopped = async () => (await made.agent.control.stop('web1', { kill: false }, caller)).state;
  expect(await stopped()).toBe('stopping');
  made.agent.handle({ kind: 'unit-exit', unit: UNIT, status: 0 });
  await made.machine.clock.pass(3000);
  expect(stopOf(made)).toMatchObject({ halts: 0, state: 'stopped', told: ['web1: has ended'] });
  expect(await stopped()).toBe('stopped');
  expect(made.agent.control.guest('web1')?.life).toMatchObject({ crashes: 0, end: { why: 'stopped' } });
});

test('one that reboots again and again is killed at the first deadline', async () => {
  const made = await staged(10_000);
  made.machine.onHalt = () => ends(made, REBOOTS);
  await made.agent.control.stop('web1', { kill: false }, caller);
  await made.machine.clock.pass(12_000);
  expect(stopOf(made).kills).toBeGreaterThan(0);
  expect(stopOf(made).state).toBe('stopped');
});

test.each([
  ['by its name', undefined],
  ['with all others', { mark: undefined }],
])('one that comes up again instead of halting is killed then where somebody has said so %s', async (_, together) => {
  const made = await staged();
  made.machine.onHalt = () => ends(made, REBOOTS, 15_000);
  await made.agent.control.stop('web1', { kill: false }, caller);
  await made.machine.clock.pass(2000);
  const wish = { kill: true };
  const asked = together
    ? await made.agent.control.stopTogether(together, wish, caller)
    : [await made.agent.control.stop('web1', wish, caller)];
  expect(asked).toMatchObject([{ guest: 'web1', state: 'stopping' }]);
  await made.machine.clock.pass(18_000);
  expect(stopOf(made)).toMatchObject({ halts: 1, kills: 1, state: 'stopped' });
});

test.each([
  ['as systemd has said before', 0, 5000],
  ['as systemd says when it is there again', 2000, 1000],
])('one that reboots at its first deadline, %s, is killed then', async (_, toldMs, againMs) => {
  const made = await staged(10_000);
  const { machine, agent } = made;
  const at = (ms: number, call: () => void) => machine.clock.wake(machine.clock.now() + ms, call);
  machine.onHalt = () => {
    if (stopOf(made).halts > 1) return;
    at(9500, () => {
      machine.stop('web1');
      at(toldMs, () => agent.handle({ kind: 'unit-exit', unit: UNIT, status: REBOOTS }));
      at(againMs, () => void machine.start('web1'));
    });
  };
  await agent.control.stop('web1', { kill: false }, caller);
  await machine.clock.pass(25_000);
  expect(stopOf(made)).toMatchObject({ kills: 1, state: 'stopped' });
});

test.each([
  ['and systemd says that it had not rebooted', 0],
  ['and nobody says how it had ended', undefined],
])('one that somebody starts after its first deadline, %s, is left alone', async (_, status) => {
  const made = await staged(10_000);
  const { machine, agent } = made;
  machine.onHalt = () => {
    if (stopOf(made).halts === 1) machine.clock.wake(machine.clock.now() + 9500, () => machine.stop('web1'));
  };
  await agent.control.stop('web1', { kill: false }, caller);
  await machine.clock.pass(10_500);
  machine.start('web1');
  await machine.clock.pass(100);
  if (status !== undefined) agent.handle({ kind: 'unit-exit', unit: UNIT, status });
  await machine.clock.pass(status === undefined ? 12_000 : 1000);
  expect(stopOf(made)).toMatchObject({ kills: 0, state: 'running' });
  expect(stopOf(made).told.at(-1)).toMatch(/^web1: stopped in/);
  machine.stop('web1');
  agent.handle({ kind: 'unit-exit', unit: UNIT, status: 1 });
  await machine.clock.pass(3000);
  expect(agent.control.guest('web1')?.life).toMatchObject({ crashes: 1, end: { why: 'by-itself' } });
});

test.each([
  ['was killed', { kill: true }],
  ['had ended but for what is left of it', { kill: false }],
])(
  'one that %s and did not end is none of its stop any more when somebody starts it after its end',
  async (_, wish) => {
    const made = await staged();
    const { machine, agent } = made;
    const wedged = machine.guests.get('web1');
    if (wedged === undefined) throw new Error('it runs');
    wedged.isUnkillable = true;
    wedged.others = ['rpc_wait'];
    await agent.control.stop('web1', wish, caller);
    await machine.clock.pass(wish.kill ? 20_000 : 15_000);
    machine.stop('web1');
    await machine.clock.pass(20_000);
    expect(agent.control.guest('web1')?.refusals.map(({ code }) => code)).toEqual(['E_WEDGED']);
    const { halts, kills } = stopOf(made);
    machine.leave(wedged);
    await machine.clock.pass(1000);
    machine.start('web1');
    await machine.clock.pass(120_000);
    expect(stopOf(made)).toMatchObject({ halts, kills, state: 'running' });
    expect(stopOf(made).told.at(-1)).toMatch(/^web1: stopped in \d+\.\d s/);
  },
);

test('one that halts has ended as soon as systemd says so of its service, or in ten seconds where it says nothing', async () => {
  const made = await staged();
  made.machine.onHalt = () => ends(made, 0);
  await made.agent.control.stop('web1', { kill: false }, caller);
  await made.machine.clock.pass(1000);
  expect(stopOf(made).told.at(-1)).toMatch(/^web1: stopped in 0\.\d s$/);
  made.machine.start('web1');
  await made.machine.clock.pass(1000);
  made.machine.onHalt = (guest) => made.machine.stop(guest);
  await made.agent.control.stop('web1', { kill: false }, caller);
  await made.machine.clock.pass(11_000);
  expect(stopOf(made).told.at(-1)).toMatch(/^web1: stopped in 10\.\d s$/);
});

test('another agent goes on with one that its service starts again', async () => {
  const store = memoryStore();
  const first = await staged(60_000, store);
  first.machine.onHalt = () => first.machine.stop('web1');
  await first.agent.control.stop('web1', { kill: false }, caller);
  await first.machine.clock.pass(100);
  agentDies(first.machine);
  first.machine.start('web1');
  const second = await staged(60_000, store, first.machine);
  second.machine.onHalt = () => ends(second, 0);
  await second.machine.clock.pass(2000);
  expect(stopOf(second)).toMatchObject({ halts: 2, state: 'stopped' });
  expect(stopOf(second).told).toContain('web1: came up again instead of halting');
});

/** web1 waits until front has ended, which it does when the test lets it. */
async function waiting(store = memoryStore()): Promise<Stage> {
  const made = await staged(60_000, store, nspawnHost('front'));
  made.machine.onHalt = () => {};
  await made.agent.control.stopTogether({ mark: undefined }, { kill: false }, caller);
  await made.machine.clock.pass(100);
  return made;
}

async function frontEnds({ machine, agent }: Pick<Stage, 'machine' | 'agent'>): Promise<void> {
  machine.stop('front');
  agent.handle({ kind: 'unit-exit', unit: 'systemd-nspawn@front.service', status: 0 });
  await machine.clock.pass(300);
}

test.each([
  ['of which systemd says so', REBOOTS, 20_000],
  ['before systemd says so', undefined, 5000],
])('one that reboots before its turn, %s, is halted in its turn all the same', async (_, status, againMs) => {
  const { machine, agent } = await waiting();
  machine.stop('web1');
  if (status !== undefined) agent.handle({ kind: 'unit-exit', unit: UNIT, status });
  await machine.clock.pass(againMs);
  machine.start('web1');
  await machine.clock.pass(1000);
  expect(stopOf({ machine, agent })).toMatchObject({ halts: 0, state: 'running' });
  await frontEnds({ machine, agent });
  expect(stopOf({ machine, agent }).halts).toBe(1);
});

test('one that ends for good before its turn keeps nobody waiting', async () => {
  const store = memoryStore();
  const { machine, agent } = await waiting(store);
  machine.stop('web1');
  agent.handle({ kind: 'unit-exit', unit: UNIT, status: 0 });
  await machine.clock.pass(3000);
  expect(store.waitingStops()?.stops).toEqual([]);
  expect(stopOf({ machine, agent }).told).toContain('web1: has ended before its turn');
});

test('another agent halts one in its turn that has rebooted before that, while nobody was there', async () => {
  const store = memoryStore();
  const { machine } = await waiting(store);
  agentDies(machine);
  machine.stop('web1');
  machine.start('web1');
  const { agent } = await staged(60_000, store, machine);
  await frontEnds({ machine, agent });
  expect(stopOf({ machine, agent }).halts).toBe(1);
});
