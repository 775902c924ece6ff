import { expect, test } from 'vitest';
import { replugged, rule, serial } from '../devices/make.ts';
import type { World } from '../devices/world.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../fakes/stage.ts';
import { memoryStore } from '../fakes/store.ts';

async function host(prepare: (machine: Machine) => void = () => {}) {
  const machine = new Machine();
  machine.devices = [serial()];
  prepare(machine);
  machine.start('web1');
  const stage = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] }, take: 'all' })), machine);
  await machine.clock.pass(1_000);
  const asked = (what: string) => machine.asked.filter((one) => one === `web1 ${what}`).length;
  const change = (changes: Partial<World>) => {
    const start = machine.guests.get('web1');
    if (start) start.world = { ...start.world, ...changes };
  };
  const tool = () => stage.agent.handle({ kind: 'folder-changed', id: 'tools', name: '' });
  return { ...stage, asked, change, tool, world: () => machine.guests.get('web1')?.world };
}

test('after a reload of systemd everything that was granted is looked at and tried again, twice', async () => {
  const { machine, agent, asked } = await host();
  const [looks, tries] = [asked('grants'), asked('verify c:188:0 rw')];
  agent.handle({ kind: 'systemd', state: 'reloading' });
  await atRest();
  expect(asked('grants')).toBe(looks);
  agent.handle({ kind: 'systemd', state: 'reloaded' });
  await atRest();
  expect([asked('grants'), asked('verify c:188:0 rw')]).toEqual([looks + 1, tries + 1]);
  await machine.clock.pass(2_000);
  expect([asked('grants'), asked('verify c:188:0 rw')]).toEqual([looks + 2, tries + 2]);
  expect(agent.control.status().counters.systemd_reloads_total).toBe(1);
});

test('when a tool of the runtime has run, a program that it brought back goes, and is counted', async () => {
  const { agent, change, tool, world, asked } = await host();
  const tries = asked('verify c:188:0 rw');
  change({ policy: 'drifted', runtime: [{ number: 'c:10:229', access: 'rw' }] });
  tool();
  await atRest();
  expect(world()).toMatchObject({ policy: 'confined' });
  expect(world()?.grants.get('c:10:229')).toBe('rw');
  expect(world()?.grants.get('c:188:0')).toBe('rw');
  expect(asked('verify c:188:0 rw')).toBeGreaterThan(tries);
  expect(agent.control.status().counters.drift_repaired_total).toBe(1);
  expect(agent.control.guest('web1')?.refusals).toEqual([]);
});

test('a tool that somebody runs in a loop has everything looked at once a second, and once more when it ends', async () => {
  const { machine, agent, asked, change, tool, world } = await host();
  const tries = asked('verify c:188:0 rw');
  for (let time = 0; time < 300; time += 1) {
    tool();
    await machine.clock.pass(10);
  }
  expect(asked('verify c:188:0 rw')).toBe(tries + 4);
  change({ policy: 'drifted', runtime: [] });
  tool();
  await machine.clock.pass(1_000);
  expect(world()).toMatchObject({ policy: 'confined' });
  expect(agent.control.status().counters.drift_repaired_total).toBe(1);
});

test('a unit that systemd is told of in a loop has its permissions looked at five times a second, and no other guest has', async () => {
  const { machine, agent, asked } = await host((one) => one.start('web2'));
  const tries = asked('verify c:188:0 rw');
  const others = machine.asked.filter((one) => one.startsWith('web2')).length;
  for (let time = 0; time < 100; time += 1) {
    agent.handle({ kind: 'folder-changed', id: 'units', name: 'web1' });
    await machine.clock.pass(10);
  }
  expect(asked('verify c:188:0 rw')).toBe(tries + 6);
  expect(machine.asked.filter((one) => one.startsWith('web2'))).toHaveLength(others);
});

test('a program that is not to be replaced stays, and what is plugged waits until it is gone', async () => {
  const { machine, agent, change, tool, world } = await host();
  change({ policy: 'drifted', heldProgram: '77' });
  tool();
  await atRest();
  machine.devices = [serial(), replugged(3)];
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await machine.clock.pass(1_000);
  expect(world()).toMatchObject({ policy: 'drifted', heldProgram: '77' });
  expect(world()?.grants.has('c:188:3')).toBe(false);
  expect(agent.control.guest('web1')).toMatchObject({
    nodes: [{ number: 'c:188:0' }],
    refusals: [{ code: 'E_PROGRAM_HELD', subject: 'web1', detail: 'program 77' }],
  });
  change({ policy: 'confined', heldProgram: undefined });
  await machine.clock.pass(60_000);
  expect(agent.control.guest('web1')).toMatchObject({ nodes: [{}, {}], refusals: [] });
});

/** Somebody takes our program off, and attaches one that denies something. */
const replaced = { policy: 'foreign', unreadProgram: '77' } as const;

test("ours goes beside somebody's program that nobody can read and that came in its place, and that is said", async () => {
  const { machine, agent, change, tool, world, log } = await host((one) => {
    one.configured = [{ number: 'c:1:3', access: 'rwm' }];
  });
  change(replaced);
  tool();
  await atRest();
  expect(machine.asked).toContain('web1 join-program');
  expect(machine.asked).not.toContain('web1 adopt-program');
  expect(world()?.grants).toEqual(
    new Map([
      ['c:1:3', 'rwm'],
      ['c:188:0', 'rw'],
    ]),
  );
  expect(agent.control.guest('web1')).toMatchObject({ policy: 'confined', nodes: [{}], refusals: [] });
  expect(log.map(({ message }) => message)).toContainEqual(expect.stringContaining('W_PROGRAM_LOST web1'));
});

test("somebody's program beside which ours cannot be stays, and what it leaves open is said", async () => {
  const { machine, agent, change, tool, world } = await host();
  change(replaced);
  tool();
  await atRest();
  expect(machine.asked).not.toContain('web1 adopt-program');
  expect(machine.asked).not.toContain('web1 join-program');
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'E_PROGRAM_LOST', detail: 'program 77' }]);
  expect(world()).toMatchObject({ policy: 'foreign', unreadProgram: '77' });
  change({ policy: 'confined', unreadProgram: undefined });
  await machine.clock.pass(60_000);
  expect(agent.control.guest('web1')).toMatchObject({ nodes: [{}], refusals: [] });
  // Of the next start it is the runtime's again, and its configuration has to say what it allows.
  machine.stop('web1');
  machine.start('web1', 'foreign');
  change(replaced);
  await machine.clock.pass(1_000);
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'E_POLICY_FOREIGN' }]);
});

test.each([
  ['goes beside it', 'join-program', ['c:188:0', 'c:1:3'], []],
  [
    'leaves it there where it cannot go beside it',
    undefined,
    undefined,
    [{ code: 'E_PROGRAM_LOST', detail: 'program 77' }],
  ],
] as const)(
  'an agent that starts again knows that ours was there before the program that came in its place meanwhile, and %s',
  async (_does, verb, numbers, refusals) => {
    const machine = new Machine();
    machine.devices = [serial()];
    machine.configured = verb && [{ number: 'c:1:3', access: 'rwm' }];
    const start = machine.start('web1');
    const config = configOf(rule('port', { match: { subsystem: ['tty'] } }));
    const store = memoryStore();
    await stage(machine, config, portsOf(machine, config, store)).agent.start();
    await atRest();
    machine.line.cut();
    machine.startExecutor();
    start.world = { ...start.world, ...replaced };
    const before = [...start.world.grants.keys()].sort();
    machine.asked.splice(0);
    const { agent } = stage(machine, config, portsOf(machine, config, store));
    await agent.start();
    await atRest();
    expect(machine.asked.filter((one) => one.endsWith('-program'))).toEqual(verb ? [`web1 ${verb}`] : []);
    expect([...start.world.grants.keys()].sort()).toEqual(numbers ?? before);
    expect(agent.control.guest('web1')?.refusals).toMatchObject(refusals);
  },
);

test("a guest whose program was the runtime's when it was last looked at is looked at again before it is replaced", async () => {
  const { machine, agent, change, world } = await host((one) => {
    one.devices = [];
  });
  change({ policy: 'foreign', runtime: [] });
  agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: false });
  await atRest();
  change({ heldProgram: '77' });
  machine.devices = [serial()];
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await atRest();
  expect(machine.asked).not.toContain('web1 adopt-program');
  expect(world()?.policy).toBe('foreign');
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'E_PROGRAM_LOST', detail: 'program 77' }]);
});

test('a grant that a program beside ours would undo waits for the repair of that', async () => {
  const { machine, agent, change, world } = await host((one) => {
    one.devices = [];
  });
  machine.refuse = (_guest, what) => {
    if (what !== 'grant c:188:0') return undefined;
    change({ policy: 'drifted', runtime: [] });
    return { errno: 'EPERM', call: 'drift', subject: '/web1' };
  };
  machine.devices = [serial()];
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await atRest();
  machine.refuse = () => undefined;
  await machine.clock.pass(1_000);
  expect(world()).toMatchObject({ policy: 'confined' });
  expect(agent.control.guest('web1')?.refusals).toEqual([]);
});

/** Somebody takes our program off, and nothing is left. */
const stripped = { policy: 'open', adoptable: true, grants: new Map() } as const;

test('a guest whose program of ours somebody took off has it again, with what its configuration allows, and that is said', async () => {
  const { agent, change, tool, world, log } = await host((machine) => {
    machine.configured = [{ number: 'c:1:3', access: 'rwm' }];
  });
  change(stripped);
  tool();
  await atRest();
  expect(world()).toMatchObject({ policy: 'confined' });
  expect(world()?.grants).toEqual(
    new Map([
      ['c:1:3', 'rwm'],
      ['c:188:0', 'rw'],
    ]),
  );
  expect(agent.control.guest('web1')).toMatchObject({ policy: 'confined', nodes: [{}], refusals: [] });
  expect(log.map(({ message }) => message)).toContainEqual(expect.stringContaining('W_PROGRAM_LOST web1'));
});

test('who takes our program off again and again has his way after twenty times, until the minute is over', async () => {
  const { machine, agent, change, tool, world } = await host((one) => {
    one.configured = [];
  });
  const policies: unknown[] = [];
  for (let time = 0; time <= 20; time += 1) {
    change(stripped);
    tool();
    await machine.clock.pass(1_000);
    policies.push(world()?.policy);
  }
  expect(policies).toEqual([...Array(20).fill('confined'), 'open']);
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'E_PROGRAM_FOUGHT', detail: '20' }]);
  await machine.clock.pass(60_000);
  expect(world()).toMatchObject({ policy: 'confined' });
});

test.each([
  ['its configuration says nothing of devices', undefined, true],
  ['its cgroup could have no program of ours', [], undefined],
] as const)('a guest that is open is left so where %s', async (_why, configured, adoptable) => {
  const { machine, agent, change, tool, world } = await host((one) => {
    one.configured = configured;
  });
  change({ ...stripped, adoptable });
  tool();
  await machine.clock.pass(1_000);
  expect(world()).toMatchObject({ policy: 'open' });
  expect(machine.asked).not.toContain('web1 adopt-program');
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'W_OPEN_POLICY' }]);
});

test('a guest that its own file confines is closed to the standard set when somebody took our program off', async () => {
  const machine = new Machine();
  machine.configured = [{ number: 'a:*:*', access: 'rwm' }];
  const start = machine.start('web1', 'open');
  start.world = { ...start.world, adoptable: true };
  const { agent } = await startedStage({ ...configOf(), guests: [{ guest: 'web1', devices: 'confined' }] }, machine);
  const confined = () => machine.asked.filter((what) => what === 'web1 confine').length;
  await machine.clock.pass(1_000);
  expect(confined()).toBe(1);
  start.world = { ...start.world, ...stripped };
  agent.handle({ kind: 'folder-changed', id: 'tools', name: '' });
  await machine.clock.pass(1_000);
  expect(confined()).toBe(2);
  expect(machine.asked).not.toContain('web1 adopt-program');
});

test('a guest that was never confined is left open, whatever its configuration says', async () => {
  const machine = new Machine();
  machine.configured = [];
  machine.devices = [serial()];
  const start = machine.start('web1', 'open');
  start.world = { ...start.world, adoptable: true };
  const { agent } = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] } })), machine);
  expect(machine.asked).not.toContain('web1 adopt-program');
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'W_OPEN_POLICY' }]);
});

test('what nobody is told of is looked at every minute, of guests that were granted something', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  const start = machine.start('web1');
  machine.start('web2');
  const config = configOf(rule('port', { match: { subsystem: ['tty'] }, guests: ['web1'] }));
  const { agent } = stage(machine, config, portsOf(machine, config), { doubtEveryMs: 60_000 });
  await agent.start();
  await machine.clock.pass(10_000);
  machine.asked.splice(0);
  for (const _ of [1, 2]) {
    start.world = { ...start.world, policy: 'drifted', runtime: [] };
    await machine.clock.pass(60_000);
    expect(start.world).toMatchObject({ policy: 'confined' });
  }
  expect(agent.control.status().counters.drift_repaired_total).toBe(2);
  expect(machine.asked.filter((one) => one.startsWith('web2'))).toEqual([]);
});
