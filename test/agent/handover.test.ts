import { expect, test } from 'vitest';
import type { Config } from '../../src/model/config.ts';
import type { Holder } from '../../src/model/observed.ts';
import type { Rule, Unplug } from '../../src/model/rule.ts';
import type { Answer } from '../../src/ports/executor.ts';
import { replugged, rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../fakes/stage.ts';
import { memoryStore } from '../fakes/store.ts';

const HOLDER: Holder = { pid: 31, startTime: '99', command: 'scand', number: 'c:188:0' };

function scanner(guest: string, unplug: Unplug = 'keep'): Rule {
  return rule('scanner', { match: { subsystem: ['tty'] }, guests: [guest], exclusive: true, unplug });
}

/** Two guests of which the first has the scanner, and what happens when a rule gives it to the second. */
async function moving(unplug: Unplug, ...rest: readonly Rule[]) {
  const machine = new Machine();
  machine.devices = [serial()];
  for (const name of ['web1', 'web2']) machine.start(name);
  const { agent, configuration, log } = await startedStage(configOf(scanner('web1', unplug), ...rest), machine);
  const world = (name: string) => {
    const start = machine.guests.get(name);
    if (start === undefined) throw new Error(`${name} is stopped`);
    return start;
  };
  const reload = async (config: Config) => {
    configuration.write({ ok: true, config, warnings: [] });
    await agent.control.reload({ uid: 0, pid: 1 });
    await atRest();
  };
  const hold = (...holders: readonly Holder[]) => {
    world('web1').world = { ...world('web1').world, holders };
  };
  const has = (name: string) => world(name).world.grants.has('c:188:0');
  const refusals = () => agent.control.guest('web2')?.refusals;
  const told = (code: string) => log.filter(({ message }) => message.startsWith(code)).map(({ message }) => message);
  return { machine, agent, reload, hold, has, refusals, told };
}

test('what moves is taken from the one before it is given to the other, at once, and nothing else is done', async () => {
  const other = rule('other', { match: { subsystem: ['sound'] }, guests: ['web*'], take: 'all' });
  const { machine, reload, told } = await moving('keep', other);
  const asked = machine.asked.length;
  await reload(configOf(scanner('web2'), other));
  const changes = machine.asked.slice(asked).filter((what) => /grant |revoke|make|remove|set/.test(what));
  expect(changes).toEqual([
    'web1 revoke c:188:0',
    'web1 remove-node /dev/ttyUSB0',
    'web2 grant c:188:0',
    'web2 make-node /dev/ttyUSB0',
  ]);
  expect(told('E_HELD')).toEqual([]);
});

test.each([
  ['cannot stand beside it', { heldProgram: '77' }, []],
  ['would have no list', { unreadProgram: '77' }, undefined],
] as const)(
  "what a guest may still open by somebody else's program goes to no other while ours %s",
  async (_why, program, configured) => {
    const { machine, agent, reload, has, refusals } = await moving('keep');
    machine.configured = configured;
    const start = machine.guests.get('web1');
    if (start === undefined) throw new Error('web1 is stopped');
    start.world = { ...start.world, policy: 'foreign', ...program };
    agent.handle({ kind: 'folder-changed', id: 'tools', name: '' });
    await atRest();
    await reload(configOf(scanner('web2')));
    expect([has('web1'), has('web2')]).toEqual([true, false]);
    expect(refusals()).toMatchObject([{ code: 'E_HELD', subject: 'web2:/dev/ttyUSB0' }]);
    expect(agent.control.guest('web1')).toMatchObject({ nodes: [], refusals: [{ code: 'E_PROGRAM_LOST' }] });
    machine.configured = [];
    start.world = { ...start.world, heldProgram: undefined, unreadProgram: '77' };
    await machine.clock.pass(60_000);
    expect([has('web1'), has('web2')]).toEqual([false, true]);
  },
);

test('what a guest had of a number that is another device by now gives it no right to that', async () => {
  const machine = new Machine();
  machine.devices = [serial({ subsystem: 'sound' })];
  for (const name of ['web1', 'web2']) machine.start(name);
  const shared = rule('shared', { match: { subsystem: ['sound'] }, guests: ['web*'], take: 'all', access: 'r' });
  const { agent } = await startedStage(configOf(shared, scanner('web2')), machine);
  const access = (name: string) => machine.guests.get(name)?.world.grants.get('c:188:0');
  expect([access('web1'), access('web2')]).toEqual(['r', 'r']);
  machine.refuse = (guest, what) =>
    guest === 'web1' && what.startsWith('revoke')
      ? { errno: 'EIO', call: 'devices.deny', subject: '/web1' }
      : undefined;
  machine.devices = [serial({ devpath: '/devices/other' })];
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await machine.clock.pass(1_000);
  expect([access('web1'), access('web2') || 'none']).toEqual(['r', 'none']);
  machine.refuse = () => undefined;
  await machine.clock.pass(5_000);
  expect([access('web1') || 'none', access('web2')]).toEqual(['none', 'rw']);
});

test.each(['keep', 'warn'] as const)(
  '%s: the other waits for the program that holds it, and is told which',
  async (unplug) => {
    const { machine, agent, reload, hold, has, refusals, told } = await moving(unplug);
    hold(HOLDER, { ...HOLDER, pid: 32, command: 'cat' });
    await reload(configOf(scanner('web2')));
    expect([has('web1'), has('web2')]).toEqual([false, false]);
    const detail = 'guest web1 holds c:188:0 open: scand (31), cat (32)';
    expect(refusals()).toEqual([{ code: 'E_HELD', subject: 'web2:/dev/ttyUSB0', detail, rule: 'scanner' }]);
    expect(agent.control.status().converged).toBe(false);
    expect(told('E_HELD')).toEqual([]);
    await machine.clock.pass(5_000);
    expect(told('E_HELD')).toEqual([expect.stringContaining(detail)]);
    expect(agent.control.why('c:188:0')?.rules[0]?.refusal?.detail).toBe(detail);
    hold();
    await machine.clock.pass(30_000);
    expect([has('web1'), has('web2'), refusals()]).toEqual([false, true, []]);
  },
);

test.each(['term', 'kill'] as const)('%s: the program is ended, and the other has it', async (unplug) => {
  const { machine, reload, hold, has, told } = await moving(unplug);
  hold(HOLDER);
  await reload(configOf(scanner('web2', unplug)));
  await machine.clock.pass(100);
  expect([has('web1'), has('web2')]).toEqual([false, true]);
  expect(told('E_HELD')).toEqual([]);
  expect(machine.asked).toContain('web1 signal');
});

test('a guest that cannot be made to give it back keeps it from the other', async () => {
  const { machine, reload, has, refusals } = await moving('keep');
  machine.refuse = (guest, what) =>
    guest === 'web1' && what.startsWith('revoke') ? { errno: 'EIO', call: 'write', subject: '' } : undefined;
  await reload(configOf(scanner('web2')));
  await machine.clock.pass(60_000);
  expect([has('web1'), has('web2')]).toEqual([true, false]);
  expect(refusals()).toMatchObject([{ code: 'E_HELD', detail: 'guest web1 still has c:188:0' }]);
  machine.stop('web1');
  await atRest();
  expect(has('web2')).toBe(true);
});

test('what an earlier agent left with a guest counts', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  for (const name of ['web1', 'web2']) machine.start(name);
  const store = memoryStore();
  const [former, now] = [configOf(scanner('web1')), configOf(scanner('web2'))];
  await stage(machine, former, portsOf(machine, former, store)).agent.start();
  machine.line.cut();
  machine.startExecutor();
  machine.refuse = (guest, what) =>
    guest === 'web1' && what === 'open' ? { errno: 'ETIMEDOUT', call: 'deadline', subject: '' } : undefined;
  const { agent } = stage(machine, now, portsOf(machine, now, store));
  await agent.start();
  expect(agent.control.guest('web2')?.refusals).toMatchObject([{ code: 'E_HELD' }]);
  expect(machine.guests.get('web2')?.world.grants.has('c:188:0')).toBe(false);
});

test('another device that has the number of one that is gone does not wait for who holds that', async () => {
  const other = rule('other', { match: { sysname: ['ttyUSB9'] }, guests: ['web2'], exclusive: true });
  const machine = new Machine();
  machine.devices = [serial()];
  for (const name of ['web1', 'web2']) machine.start(name);
  const mine = rule('mine', { match: { sysname: ['ttyUSB0'] }, guests: ['web1'], exclusive: true, unplug: 'warn' });
  const { agent } = await startedStage(configOf(mine, other), machine);
  const start = machine.guests.get('web1');
  if (start) start.world = { ...start.world, holders: [HOLDER] };
  const newcomer = { ...replugged(9), number: { type: 'c' as const, major: 188, minor: 0 } };
  machine.devices = [newcomer];
  machine.uevent('kernel', 'remove', serial());
  machine.uevent('udev', 'add', newcomer);
  await atRest();
  expect(agent.control.guest('web2')?.nodes).toMatchObject([{ number: 'c:188:0' }]);
  expect(agent.control.guest('web1')?.nodes).toEqual([]);
});

test('a guest that does not say who holds it has not let go of it', async () => {
  const { machine, reload, hold, has, refusals } = await moving('keep');
  hold(HOLDER);
  machine.refuse = (guest, what) =>
    guest === 'web1' && what.startsWith('holders') ? { errno: 'EBUSY', call: 'busy', subject: 'web1' } : undefined;
  await reload(configOf(scanner('web2')));
  await machine.clock.pass(60_000);
  expect([has('web1'), has('web2')]).toEqual([false, false]);
  expect(refusals()).toMatchObject([{ code: 'E_HELD', detail: 'guest web1 does not say who holds c:188:0' }]);
  machine.refuse = () => undefined;
  hold();
  await machine.clock.pass(60_000);
  expect([has('web2'), refusals()]).toEqual([true, []]);
});

/** Two guests share what goes to a third one alone, and neither says who holds it before the test lets them. */
async function silent() {
  const shared = rule('scanner', { match: { subsystem: ['tty'] }, guests: ['web1', 'web2'] });
  const machine = new Machine();
  machine.devices = [serial()];
  for (const name of ['web1', 'web2', 'web3']) machine.start(name);
  const asked: string[] = [];
  let answer = (_answer: Answer<readonly Holder[]>) => {};
  const answers = new Promise<Answer<readonly Holder[]>>((resolve) => {
    answer = resolve;
  });
  const ports = portsOf(machine, configOf(shared));
  const holders = (guest: string) => {
    asked.push(guest);
    return answers;
  };
  const { agent, configuration, log } = stage(machine, configOf(shared), {
    ...ports,
    executor: { ...ports.executor, holders },
  });
  await agent.start();
  await atRest();
  // In between it is nobody's.
  const nobodys = rule('scanner', { match: { subsystem: ['tty'], sysname: ['other'] } });
  const sound = rule('sound', { match: { subsystem: ['sound'] }, guests: ['web3'] });
  for (const config of [configOf(nobodys, sound), configOf(scanner('web3'), sound)]) {
    configuration.write({ ok: true, config, warnings: [] });
    await agent.control.reload({ uid: 0, pid: 1 });
    await atRest();
  }
  return { machine, agent, log, asked, answer };
}

test('a guest that does not answer keeps nothing else from who waits for it', async () => {
  const { machine, asked } = await silent();
  const number = { type: 'c', major: 116, minor: 7 } as const;
  const other = serial({ subsystem: 'sound', devpath: '/devices/sound7', node: '/dev/sound7', number, links: [] });
  machine.devices = [...machine.devices, other];
  machine.uevent('udev', 'add', other);
  await atRest();
  expect(machine.guests.get('web3')?.world.files.has('/dev/sound7')).toBe(true);
  expect(asked).toHaveLength(4);
});

test('guests that do not answer are asked at once, not one after the other', async () => {
  const { machine, asked, answer } = await silent();
  // Each for itself, and each for the third one.
  expect(asked.toSorted()).toEqual(['web1', 'web1', 'web2', 'web2']);
  answer({ ok: true, value: [] });
  await atRest();
  expect(machine.guests.get('web3')?.world.grants.has('c:188:0')).toBe(true);
});

test('who waits for an answer waits since it was asked for', async () => {
  const { machine, agent, log, answer } = await silent();
  await machine.clock.pass(5_000);
  answer({ ok: false, failed: { errno: 'ETIMEDOUT', call: 'deadline', subject: '' } });
  await atRest();
  expect(agent.control.guest('web3')?.refusals).toMatchObject([{ code: 'E_HELD' }]);
  const told = log.filter(({ message }) => message.startsWith('E_HELD'));
  expect(told.map(({ message }) => message)).toEqual([
    expect.stringContaining('guest web1 does not say who holds c:188:0'),
  ]);
});
