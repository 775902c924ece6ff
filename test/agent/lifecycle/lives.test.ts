import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import { NO_HISTORY } from '../../../src/model/guest-history.ts';
import type { CrashSettings, RestartSettings, StartSettings } from '../../../src/model/lifecycle.ts';
import type { Store } from '../../../src/ports/store.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

const caller = { uid: 0, pid: 1 };
const CRASH: CrashSettings = { delayMs: 1000, mostMs: 60_000, stableMs: 600_000, budget: 3 };

interface Made extends Stage {
  readonly store: Store;
  /** Another agent on the same machine, after this one was killed. */
  next(): Promise<Made>;
}

async function agentOn(machine: Machine, config: Config, store: Store = memoryStore()): Promise<Made> {
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  await machine.clock.pass(500);
  const next = (): Promise<Made> => {
    machine.clock.silence();
    machine.line.cut();
    machine.startExecutor();
    return agentOn(machine, config, store);
  };
  return { ...made, store, next };
}

function configured(crash: CrashSettings | undefined, start: Partial<StartSettings> = {}): Config {
  const settings = { guest: 'web', start: { ...USUAL_START, ...start }, restart: crash ? { crash } : {} };
  return { ...configOf(), guests: [settings, { guest: 'db', start: USUAL_START }] };
}

function restarted(restart: RestartSettings, start: Partial<StartSettings> = {}): Config {
  return { ...configOf(), guests: [{ guest: 'web', start: { ...USUAL_START, ...start }, restart }] };
}

function machineWith(...running: readonly string[]): Machine {
  const machine = new Machine();
  for (const name of ['web', 'db']) machine.guests.set(name, undefined);
  for (const name of running) machine.start(name);
  return machine;
}

function begun({ machine }: Stage): readonly string[] {
  return machine.asked.flatMap((line) => (/ start-guest/.test(line) ? line.replace(/ .*/, '') : []));
}

function told({ agent }: Stage, ...kinds: readonly string[]): readonly string[] {
  return agent.control.events(0).flatMap((event) => (kinds.includes(event.kind) ? event.says.replace(/;.*/, '') : []));
}

/** With the remedy. */
function refused({ agent }: Stage): readonly string[] {
  return agent.control.events(0).flatMap(({ kind, says }) => (kind === 'refusal' ? says : []));
}

function codes({ agent }: Stage): readonly string[] {
  return agent.control.guest('web')?.refusals.map(({ code }) => code) ?? [];
}

test('guests that start with the host are started once in each start of it, with those that they wait for', async () => {
  const made = await agentOn(machineWith(), configured(undefined, { auto: true, after: ['db'] }));
  expect(begun(made)).toEqual(['db', 'web']);
  made.agent.control.stop('web', { kill: false }, caller);
  await made.machine.clock.pass(1000);
  const next = await made.next();
  await next.machine.clock.pass(5000);
  expect(begun(next)).toEqual(['db', 'web']);
  expect(next.agent.control.guest('web')?.state).toBe('stopped');
});

test('an agent that dies while it starts them has a successor that starts the others', async () => {
  const machine = machineWith();
  machine.onStart = () => {};
  const made = await agentOn(machine, configured(undefined, { auto: true, after: ['db'] }));
  expect(begun(made)).toEqual(['db']);
  machine.start('db');
  const next = await made.next();
  await machine.clock.pass(1000);
  expect(begun(next)).toEqual(['db', 'web']);
});

test('a guest that runs is adopted with the start that it had', async () => {
  const machine = machineWith('web');
  const made = await agentOn(machine, configured(CRASH, { auto: true }));
  await machine.clock.pass(60_000);
  const before = made.store.history('web');
  const next = await made.next();
  expect(next.store.history('web')).toEqual(before);
  expect([begun(next), codes(next)]).toEqual([[], []]);
});

test('one that ends by itself is started again also where its agent dies when it has written that down', async () => {
  const machine = machineWith('web');
  const disk = memoryStore();
  let isDead = false;
  const store: Store = {
    ...disk,
    saveStarts: (starts) => (isDead ? [] : disk.saveStarts(starts)),
    saveHistory(guest, history) {
      if (isDead) return [];
      isDead = history.end?.why === 'by-itself';
      return disk.saveHistory(guest, history);
    },
  };
  const made = await agentOn(machine, configured(CRASH), store);
  machine.stop('web');
  await machine.clock.pass(200);
  expect([isDead, begun(made)]).toEqual([true, []]);
  isDead = false;
  const next = await made.next();
  await machine.clock.pass(10_000);
  expect(begun(next)).toEqual(['web']);
});

test('a guest that ends by itself is started again, later each time', async () => {
  const made = await agentOn(machineWith('web'), configured({ ...CRASH, budget: 10 }));
  for (const [crashes, mostMs] of [1500, 3000, 6000, 12_000].entries()) {
    made.machine.stop('web');
    await made.machine.clock.pass(mostMs / 1.5 - 100);
    expect(begun(made)).toHaveLength(crashes);
    await made.machine.clock.pass(mostMs / 3 + 1200);
    expect(begun(made)).toHaveLength(crashes + 1);
  }
  expect(told(made, 'refusal')[0]).toMatch(/^W_ENDED web: has ended by itself$/);
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 4, end: { why: 'by-itself' } });
});

test('one whose runtime does not clear away after it is told once, with the process that does not end, until that has', async () => {
  const machine = machineWith('web');
  const start = machine.guests.get('web');
  if (start) start.keeper = '22954 700';
  machine.keepers.add('22954 700');
  const made = await agentOn(machine, configured(CRASH));
  machine.monitors.add('web');
  machine.stop('web');
  await machine.clock.pass(25_000);
  expect(codes(made)).toEqual([]);
  await machine.clock.pass(60_000);
  expect(refused(made)).toEqual([
    expect.stringMatching(/^W_UNCLEARED web: .*process 22954, .*: kill -KILL 22954, then hostler start web$/),
  ]);
  expect([codes(made), begun(made)]).toEqual([['W_UNCLEARED'], []]);
  machine.keepers.clear();
  machine.monitors.clear();
  await machine.clock.pass(10_000);
  expect([codes(made), begun(made)]).toEqual([[], ['web']]);
});

test.each([
  ['its mark', { mark: 'default' }],
  ['the name of one that waits for it', { guests: ['web'] }],
])(
  'a guest that was stopped before it was known whether it comes again is started by %s, and runs on',
  async (_, choice) => {
    const made = await agentOn(machineWith('db'), configured(undefined, { after: ['db'] }));
    const { machine } = made;
    machine.monitors.add('db');
    machine.stop('db');
    await machine.clock.pass(3000);
    await made.agent.control.stop('db', { kill: false }, caller);
    await machine.clock.pass(2000);
    machine.monitors.delete('db');
    made.agent.control.start(choice, {}, caller);
    await machine.clock.pass(30_000);
    expect(made.agent.control.guest('db')?.state).toBe('running');
    expect(machine.asked.filter((line) => line.startsWith('db halt'))).toEqual([]);
  },
);

test('a calendar that is set back when a guest has ended does not put off its restart', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH));
  const { clock } = made.machine;
  const { calendar } = clock;
  made.machine.stop('web');
  await atRest();
  Object.assign(clock, { calendar: () => new Date(Date.parse(calendar()) - 3_600_000).toISOString() });
  await clock.pass(5000);
  expect(begun(made)).toEqual(['web']);
});

test('one that ends again and again is in quarantine, also for the next agent and the next start of the host', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH, { auto: true }));
  for (let crash = 0; crash < 4; crash += 1) {
    made.machine.stop('web');
    await made.machine.clock.pass(20_000);
  }
  expect(begun(made)).toHaveLength(3);
  expect(told(made, 'refusal').at(-1)).toMatch(/^E_QUARANTINE web: .* after 3 restarts/);
  const next = await made.next();
  await next.machine.clock.pass(3_700_000);
  expect([begun(next).length, codes(next)]).toEqual([3, ['E_QUARANTINE']]);
  expect(next.agent.control.guest('web')?.life?.doing).toBe('quarantined');
  expect([told(made, 'alert'), told(next, 'alert')]).toEqual([['web: starts: ended by itself again and again'], []]);
  const rebooted = await agentOn(machineWith(), configured(CRASH, { auto: true }), {
    ...made.store,
    starts: () => undefined,
  });
  expect([begun(rebooted), codes(rebooted)]).toEqual([[], ['E_QUARANTINE', 'E_START']]);
});

test('one that may be started again once in an hour is in quarantine after one restart', async () => {
  const made = await agentOn(machineWith('web'), configured({ ...CRASH, budget: 1 }));
  for (let crash = 0; crash < 2; crash += 1) {
    made.machine.stop('web');
    await made.machine.clock.pass(20_000);
  }
  expect(told(made, 'refusal').at(-1)).toContain('after 1 restart in an hour it is');
});

test('whoever starts a guest in quarantine takes it out', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH));
  for (let crash = 0; crash < 4; crash += 1) {
    made.machine.stop('web');
    await made.machine.clock.pass(20_000);
  }
  made.agent.control.start({ guests: ['web'] }, {}, caller);
  await made.machine.clock.pass(1000);
  expect([codes(made), made.agent.control.guest('web')?.state]).toEqual([[], 'running']);
  await made.machine.clock.pass(300_000);
  expect(told(made, 'alert').at(-1)).toMatch(/^web: starts: for .*, over now$/);
  made.machine.stop('web');
  await made.machine.clock.pass(3000);
  expect(made.agent.control.guest('web')?.state).toBe('running');
});

test('a crash that would be one too many refuses nobody who has asked for a start before it was known', async () => {
  const machine = machineWith('web');
  let starts = 0;
  machine.onStart = (name) => {
    machine.start(name).keeper = `monitor ${++starts}`;
  };
  const made = await agentOn(machine, configured({ ...CRASH, budget: 1 }));
  const { agent } = made;
  machine.stop('web');
  await machine.clock.pass(20_000);
  machine.monitors.add('web');
  machine.stop('web');
  await machine.clock.pass(1000);
  agent.control.start({ guests: ['web'] }, {}, caller);
  await machine.clock.pass(5000);
  machine.monitors.delete('web');
  await machine.clock.pass(20_000);
  expect([codes(made), agent.control.guest('web')?.state]).toEqual([[], 'running']);
  expect(agent.control.guest('web')?.life).toMatchObject({ crashes: 2 });
});

test('the next agent starts again what has crashed, at its time', async () => {
  const made = await agentOn(machineWith('web'), configured({ ...CRASH, delayMs: 20_000 }));
  made.machine.stop('web');
  await made.machine.clock.pass(5000);
  const next = await made.next();
  await next.machine.clock.pass(12_000);
  expect(begun(next)).toEqual([]);
  await next.machine.clock.pass(15_000);
  expect(begun(next)).toEqual(['web']);
});

test('a guest that waits to be started again is started at once when somebody asks, and not when somebody stops it', async () => {
  const made = await agentOn(machineWith('web'), configured({ ...CRASH, delayMs: 20_000 }));
  made.machine.stop('web');
  await made.machine.clock.pass(1000);
  made.agent.control.start({ guests: ['web'] }, {}, caller);
  await made.machine.clock.pass(1000);
  expect(begun(made)).toEqual(['web']);
  made.machine.stop('web');
  await made.machine.clock.pass(1000);
  made.agent.control.stop('web', { kill: false }, caller);
  await made.machine.clock.pass(100_000);
  expect(begun(made)).toEqual(['web']);
});

const STOPS: readonly (readonly [string, (made: Made) => unknown])[] = [
  ['hostler', ({ agent }) => agent.control.stop('web', { kill: false }, caller)],
  ['a tool of its runtime', lxcStop],
];

test.each(STOPS)('a guest that %s stops has not crashed', async (_, stop) => {
  const made = await agentOn(machineWith('web'), configured(CRASH));
  await stop(made);
  await made.machine.clock.pass(60_000);
  expect(begun(made)).toEqual([]);
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 0, end: { why: 'stopped' } });
});

test('a guest that comes up again and again instead of halting, and is killed, has not crashed and stays stopped', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH));
  const start = made.machine.guests.get('web');
  if (start) start.keeper = 'keeper of web';
  made.machine.onHalt = (guest) => made.machine.rebootIn(1000, guest);
  await made.agent.control.stop('web', { kill: false }, caller);
  await made.machine.clock.pass(120_000);
  expect(told(made, 'stop')).toContain('web: came up again instead of halting');
  expect(begun(made)).toEqual([]);
  const { state, life } = made.agent.control.guest('web') ?? {};
  expect([state, life]).toMatchObject(['stopped', { crashes: 0, reboots: 0, end: { why: 'stopped' } }]);
});

async function lxcStop({ machine }: Made): Promise<void> {
  machine.beingStopped.add('web');
  machine.line.event({ kind: 'folder-changed', id: 'stops', name: '' });
  await machine.clock.pass(200);
  machine.stop('web');
  machine.beingStopped.clear();
  machine.line.event({ kind: 'folder-changed', id: 'stops', name: '' });
}

test('a guest that reboots from inside has not crashed, and counts for nothing', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH));
  for (let reboot = 0; reboot < 10; reboot += 1) {
    made.machine.stop('web');
    made.machine.start('web');
    await made.machine.clock.pass(20_000);
  }
  expect([begun(made), codes(made)]).toEqual([[], []]);
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 0, end: { why: 'rebooted' } });
  expect(told(made, 'guest').filter((says) => says === 'web: has rebooted')).toHaveLength(10);
});

test('one that has rebooted again before anybody could see who sees to it has not crashed either', async () => {
  const machine = machineWith('web');
  const runsAgain = (keeper?: string) => {
    const start = machine.start('web');
    if (keeper !== undefined) start.keeper = keeper;
  };
  runsAgain('monitor');
  machine.keepers.add('monitor');
  const made = await agentOn(machine, configured(CRASH));
  machine.stop('web');
  runsAgain(); // its init has ended when somebody looks for who has begun it
  await machine.clock.pass(20);
  machine.stop('web');
  await machine.clock.pass(200); // and LXC answers nobody for a moment
  runsAgain('monitor');
  await machine.clock.pass(20_000);
  expect([begun(made), codes(made)]).toEqual([[], []]);
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 0, end: { why: 'rebooted' } });
  expect(told(made, 'guest').filter((says) => says === 'web: has rebooted')).toHaveLength(2);
});

const BUDGET = { budget: 2, withinMs: 3_600_000 };

async function reboot({ machine }: Made, passMs = 20_000): Promise<void> {
  machine.reboot('web');
  await machine.clock.pass(passMs);
}

test('a guest that reboots more often than it may is stopped, and stays in quarantine until somebody starts it', async () => {
  const made = await agentOn(machineWith('web'), restarted({ reboot: BUDGET }, { auto: true }));
  await reboot(made);
  await reboot(made);
  expect([made.agent.control.guest('web')?.state, codes(made)]).toEqual(['running', []]);
  await reboot(made);
  expect([made.agent.control.guest('web')?.state, codes(made)]).toEqual(['stopped', ['E_REBOOTS']]);
  expect(told(made, 'refusal')).toEqual([
    'E_REBOOTS web: reboots from inside again and again: after 3 times in 60 min it is stopped, and not started by itself any more',
  ]);
  expect(told(made, 'alert')).toEqual(['web: starts: rebooted from inside again and again']);
  const next = await made.next();
  await next.machine.clock.pass(3_700_000);
  expect([begun(next), codes(next)]).toEqual([[], ['E_REBOOTS']]);
  expect(next.agent.control.guest('web')?.life).toMatchObject({ doing: 'quarantined', crashes: 0, reboots: 3 });
  next.agent.control.start({ guests: ['web'] }, {}, caller);
  await next.machine.clock.pass(1000);
  await reboot(next);
  expect([next.agent.control.guest('web')?.state, codes(next)]).toEqual(['running', []]);
});

test('a guest that may not reboot is stopped when it does, and may be started at once', async () => {
  const made = await agentOn(machineWith('web'), restarted({ reboot: 'off' }));
  await reboot(made);
  expect([made.agent.control.guest('web')?.state, codes(made)]).toEqual(['stopped', []]);
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 0, reboots: 1, end: { why: 'stopped' } });
  made.agent.control.start({ guests: ['web'] }, {}, caller);
  await made.machine.clock.pass(1000);
  expect(made.agent.control.guest('web')?.state).toBe('running');
});

test('a guest that reboots again while it is stopped for that stays in quarantine', async () => {
  const made = await agentOn(machineWith('web'), restarted({ reboot: { ...BUDGET, budget: 1 } }));
  let halts = 0;
  made.machine.onHalt = (guest) => {
    halts += 1;
    if (halts === 1) made.machine.reboot(guest);
    else made.machine.stop(guest);
  };
  await reboot(made);
  await reboot(made);
  expect(halts).toBe(2);
  expect([made.agent.control.guest('web')?.state, codes(made)]).toEqual(['stopped', ['E_REBOOTS']]);
});

test('an agent that dies before it stops a guest that may not reboot has a successor that does', async () => {
  const made = await agentOn(machineWith('web'), restarted({ reboot: 'off' }));
  made.machine.onHalt = () => {};
  made.machine.reboot('web');
  await made.machine.clock.pass(60);
  const run = made.store.history('web')?.run;
  made.store.removeStop('web');
  made.machine.onHalt = (guest) => made.machine.stop(guest);
  const next = await made.next();
  await next.machine.clock.pass(5000);
  expect(run).toMatchObject({ isUnwanted: true });
  expect(next.agent.control.guest('web')).toMatchObject({ state: 'stopped', life: { end: { why: 'stopped' } } });
});

test('a reboot of which the agent saw the end alone is one for the next agent', async () => {
  const made = await agentOn(machineWith('web'), restarted({ reboot: 'off' }));
  made.machine.stop('web');
  await made.machine.clock.pass(20);
  made.machine.clock.silence();
  made.machine.listener = () => {};
  made.machine.start('web');
  const next = await made.next();
  await next.machine.clock.pass(5000);
  expect(next.agent.control.guest('web')).toMatchObject({
    state: 'stopped',
    life: { reboots: 1, end: { why: 'stopped' } },
  });
});

test('a guest whose file says nothing may reboot as often as it likes, which is told once', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH));
  for (let count = 0; count < 15; count += 1) await reboot(made);
  expect([made.agent.control.guest('web')?.state, codes(made)]).toEqual(['running', []]);
  expect(told(made, 'refusal')).toEqual(['W_REBOOTS web: reboots from inside again and again: 11 times in 60 min']);
});

const UNIT = 'systemd-nspawn@web.service';

function nspawnHost(): Machine {
  const machine = new Machine();
  machine.runtime = 'nspawn';
  machine.cgroupOf = (name) => `/machine.slice/systemd-nspawn@${name}.service`;
  machine.guests.set('web', undefined);
  machine.start('web');
  return machine;
}

const EXITS: readonly (readonly [string, (made: Made) => void, Machine])[] = [
  ['nspawn has failed', ({ agent }) => agent.handle({ kind: 'unit-exit', unit: UNIT, status: 1 }), nspawnHost()],
  ['nspawn was killed', ({ agent }) => agent.handle({ kind: 'unit-exit', unit: UNIT }), nspawnHost()],
  ['another monitor of LXC has it', () => {}, machineWith('web')],
];

test.each(EXITS)('a crash of one that somebody starts again at once is one when %s', async (_, exit, machine) => {
  const first = machine.guests.get('web');
  if (first && machine.runtime === 'lxc') first.keeper = 'monitor 0';
  const made = await agentOn(machine, configured(CRASH));
  for (let crash = 1; crash <= 5; crash += 1) {
    machine.stop('web');
    exit(made);
    const start = machine.start('web');
    if (machine.runtime === 'lxc') start.keeper = `monitor ${crash}`;
    await machine.clock.pass(20_000);
  }
  expect(begun(made)).toEqual([]);
  expect(made.agent.control.guest('web')).toMatchObject({ state: 'running', life: { crashes: 5, reboots: 0 } });
  expect(told(made, 'refusal')).toEqual([expect.stringMatching(/^E_QUARANTINE web: .* after 3 restarts/)]);
  expect(told(made, 'alert')).toHaveLength(1);
  expect(codes(made)).toEqual(['E_QUARANTINE']);
  made.agent.control.start({ guests: ['web'] }, {}, caller);
  await machine.clock.pass(1000);
  expect(codes(made)).toEqual([]);
});

test('a machine of nspawn that reboots has not crashed, whatever it did before', async () => {
  const machine = nspawnHost();
  const made = await agentOn(machine, configured(CRASH));
  made.agent.handle({ kind: 'unit-exit', unit: UNIT, status: 1 });
  for (const status of [133, undefined]) {
    machine.stop('web');
    if (status !== undefined) made.agent.handle({ kind: 'unit-exit', unit: UNIT, status });
    machine.start('web');
    await machine.clock.pass(1000);
  }
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 0, reboots: 2, end: { why: 'rebooted' } });
});

test('a machine of nspawn that reboots has not crashed while systemd says so late and starts first what its unit waits for', async () => {
  const machine = nspawnHost();
  const made = await agentOn(machine, configured(CRASH));
  machine.stop('web');
  await machine.clock.pass(5000);
  made.agent.handle({ kind: 'unit-exit', unit: UNIT, status: 133 });
  await machine.clock.pass(60_000);
  expect(begun(made)).toEqual([]);
  machine.start('web');
  await machine.clock.pass(1000);
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 0, reboots: 1, end: { why: 'rebooted' } });
});

test('a machine of nspawn whose unit is not run again when it reboots has ended by itself', async () => {
  const machine = nspawnHost();
  const made = await agentOn(machine, configured(CRASH));
  machine.stop('web');
  made.agent.handle({ kind: 'unit-exit', unit: UNIT, status: 133 });
  await machine.clock.pass(120_000);
  expect(begun(made)).toEqual(['web']);
});

test('a guest whose runtime is at work after its end has not crashed before that has ended as well', async () => {
  const machine = machineWith('web');
  const start = machine.guests.get('web');
  if (start) start.keeper = 'monitor';
  machine.keepers.add('monitor');
  const made = await agentOn(machine, configured(CRASH));
  machine.stop('web');
  await machine.clock.pass(20_000);
  expect(begun(made)).toEqual([]);
  machine.keepers.delete('monitor');
  await machine.clock.pass(20_000);
  expect(begun(made)).toEqual(['web']);
});

test('a guest that ends while it waits for its turn to be stopped has not crashed', async () => {
  const guests = [
    { guest: 'web', start: { ...USUAL_START, after: ['db'] } },
    { guest: 'db', start: USUAL_START, restart: { crash: CRASH } },
  ];
  const made = await agentOn(machineWith('web', 'db'), { ...configOf(), guests });
  made.machine.onHalt = () => {};
  await made.agent.control.stopTogether({ mark: undefined }, { kill: false }, caller);
  await made.machine.clock.pass(1000);
  made.machine.stop('db');
  await made.machine.clock.pass(10_000);
  expect(begun(made)).toEqual([]);
  expect(made.agent.control.guest('db')?.life).toMatchObject({ crashes: 0, end: { why: 'stopped' } });
});

test('a guest that is stopped a moment after it ended by itself is not started again', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH));
  made.machine.stop('web');
  await made.machine.clock.pass(10);
  made.agent.control.stop('web', { kill: false }, caller);
  await made.machine.clock.pass(60_000);
  expect(begun(made)).toEqual([]);
});

test('who stops a guest a moment after it ended by itself does not wait for ever for a runtime that does not clear away', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH));
  made.machine.monitors.add('web');
  made.machine.stop('web');
  await made.machine.clock.pass(10);
  const stop = async () => (await made.agent.control.stop('web', { kill: false }, caller)).state;
  expect(await stop()).toBe('stopping');
  await made.machine.clock.pass(100_000);
  expect([told(made, 'stop'), await stop()]).toEqual([['web: has ended'], 'stopped']);
  made.machine.monitors.delete('web');
  await made.machine.clock.pass(60_000);
  expect([begun(made), told(made, 'stop')]).toEqual([[], ['web: has ended']]);
});

test('a guest in quarantine is not taken out with all others, and is out when somebody starts it otherwise', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH, { marks: ['edge'] }));
  for (let crash = 0; crash < 4; crash += 1) {
    made.machine.stop('web');
    await made.machine.clock.pass(20_000);
  }
  const before = made.agent.control.events(0).at(-1)?.number ?? 0;
  made.agent.control.start({ mark: 'edge' }, {}, caller);
  await made.machine.clock.pass(1000);
  expect([begun(made).length, codes(made)]).toEqual([3, ['E_QUARANTINE', 'E_START']]);
  const told = made.agent.control.events(0).filter(({ kind, number }) => kind === 'start' && number > before);
  expect(told.map(({ says }) => says)).toEqual(['web: could not be started']);
  made.machine.start('web');
  await made.machine.clock.pass(1000);
  expect([codes(made), made.agent.control.guest('web')?.life?.doing]).toEqual([[], undefined]);
});

test('a machine in quarantine that its service starts again stays there until hostler is asked to start it', async () => {
  const machine = nspawnHost();
  machine.start('web');
  const made = await agentOn(machine, configured(CRASH));
  for (let crash = 0; crash < 4; crash += 1) {
    machine.stop('web');
    await machine.clock.pass(20_000);
  }
  expect(codes(made)).toEqual(['E_QUARANTINE']);
  machine.start('web');
  await machine.clock.pass(1000);
  expect(codes(made)).toEqual(['E_QUARANTINE']);
  made.agent.control.start({ guests: ['web'] }, {}, caller);
  await machine.clock.pass(1000);
  expect(codes(made)).toEqual([]);
});

test('a machine in quarantine that is stopped a moment after its end is stopped when it comes, also where all others are started', async () => {
  const machine = nspawnHost();
  const made = await agentOn(machine, configured(CRASH, { marks: ['edge'] }));
  for (let crash = 0; crash < 4; crash += 1) {
    machine.stop('web');
    await machine.clock.pass(20_000);
  }
  machine.start('web');
  await machine.clock.pass(1000);
  machine.stop('web');
  await machine.clock.pass(10);
  expect(await made.agent.control.stop('web', { kill: false }, caller)).toMatchObject({ state: 'stopping' });
  made.agent.control.start({ mark: 'edge' }, {}, caller);
  await machine.clock.pass(1000);
  expect(codes(made)).toEqual(['E_QUARANTINE', 'E_START']);
  machine.start('web');
  await machine.clock.pass(20_000);
  expect(told(made, 'stop')).not.toContain('web: is started after all');
  expect(made.agent.control.guest('web')?.state).toBe('stopped');
});

/** In quarantine, and its service has started it again; db waits for it. */
async function quarantinedAndRunning() {
  const { guests } = configured(CRASH, { marks: ['edge'] });
  const db = { guest: 'db', start: { ...USUAL_START, after: ['web'], marks: ['edge'] } };
  const machine = nspawnHost();
  machine.start('db');
  const made = await agentOn(machine, { ...configOf(), guests: [...guests.slice(0, 1), db] });
  for (let crash = 0; crash < 4; crash += 1) {
    machine.start('web');
    await machine.clock.pass(1000);
    machine.stop('web');
    await machine.clock.pass(20_000);
  }
  const runs = machine.start('web');
  await machine.clock.pass(1000);
  return { ...made, runs };
}

test.each(['edge', undefined])(
  'a machine in quarantine that its service runs again is left alone where those of the mark %s are restarted',
  async (mark) => {
    const made = await quarantinedAndRunning();
    const before = made.machine.guests.get('db');
    const views = made.agent.control.restart({ mark }, { kill: false }, caller);
    await made.machine.clock.pass(20_000);
    expect(made.machine.guests.get('web')).toBe(made.runs);
    expect(views.map(({ guest }) => guest)).toEqual(['web', 'db']);
    const since = made.agent.control.events(views[0]?.after ?? 0).filter(({ guest }) => guest === 'web');
    expect(since).toMatchObject([{ kind: 'start', action: 'failed', says: expect.stringMatching(LEFT) }]);
    expect(codes(made)).toEqual(['E_QUARANTINE']);
    expect([begun(made).includes('db'), made.machine.guests.get('db') === before]).toEqual([true, false]);
  },
);

test('a machine in quarantine that its service runs again is restarted by its name', async () => {
  const made = await quarantinedAndRunning();
  made.agent.control.restart({ guests: ['web'] }, { kill: false }, caller);
  await made.machine.clock.pass(20_000);
  expect(made.machine.guests.get('web')).not.toBe(made.runs);
  expect([made.agent.control.guest('web')?.state, codes(made)]).toEqual(['running', []]);
});

const LEFT = /^web: is in quarantine, and is not restarted with others; hostler restart web/;

test('a guest without a word on crashes stays as it is, which is told', async () => {
  const made = await agentOn(machineWith('web'), configured(undefined));
  made.machine.stop('web');
  await made.machine.clock.pass(60_000);
  expect([begun(made), codes(made)]).toEqual([[], []]);
  expect(told(made, 'guest')).toContain('web: has ended by itself');
});

test('an end that the agent saw and had not found out is a crash for the next one', async () => {
  const made = await agentOn(machineWith('web', 'db'), configured(CRASH));
  made.machine.stop('web');
  made.machine.stop('db');
  await made.machine.clock.pass(20);
  expect(begun(made)).toEqual([]);
  const next = await made.next();
  await next.machine.clock.pass(2000);
  expect(begun(next)).toEqual(['web']);
  expect(next.store.history('web')).toMatchObject({ end: { why: 'by-itself' }, inARow: 1 });
  expect(next.store.history('db')).toMatchObject({ end: { why: 'by-itself' } });
  expect(next.store.history('db')?.ending).toBeUndefined();
});

test('an end that no agent saw is no crash', async () => {
  const made = await agentOn(machineWith('web'), configured(CRASH));
  made.machine.clock.silence();
  made.machine.listener = () => {};
  made.machine.stop('web');
  const next = await made.next();
  await next.machine.clock.pass(60_000);
  expect([begun(next), told(next, 'guest')]).toEqual([[], ['web: has ended while no agent ran']]);
});

test('what ran when the host died is unclean, is started by its policy, and is clean again when it was stopped', async () => {
  const store = memoryStore();
  const run = { instance: '7:99', bootId: 'boot0' };
  store.saveHistory('web', { ...NO_HISTORY, run, startedAt: 1 });
  store.saveHistory('db', { ...NO_HISTORY, run, startedAt: 1 });
  const made = await agentOn(machineWith(), configured(CRASH, { auto: true }), store);
  expect(begun(made)).toEqual(['web']);
  expect(told(made, 'refusal')).toEqual([
    'W_UNCLEAN web: ran when the host died',
    'W_UNCLEAN db: ran when the host died',
  ]);
  expect(made.agent.control.guest('web')?.life).toMatchObject({ crashes: 0, isUnclean: true, end: { why: 'host' } });
  made.agent.control.stop('web', { kill: false }, caller);
  await made.machine.clock.pass(1000);
  expect(made.agent.control.guest('web')?.life?.isUnclean).toBeUndefined();
  expect(made.agent.control.guest('db')?.life?.isUnclean).toBe(true);
});

test('a guest that the host died of twice, when it was the last that started, is not started with it any more', async () => {
  const store = memoryStore();
  const run = { instance: '7:99', bootId: 'boot0' };
  const hostDeaths = { count: 1, bootId: 'boot0' };
  store.saveHistory('db', { ...NO_HISTORY, run, startedAt: 1, hostDeaths });
  store.saveHistory('web', { ...NO_HISTORY, run, startedAt: 2, hostDeaths });
  const guests = ['web', 'db'].map((guest) => ({ guest, start: { ...USUAL_START, auto: true } }));
  const made = await agentOn(machineWith(), { ...configOf(), guests }, store);
  expect(begun(made)).toEqual(['db']);
  expect(codes(made)).toEqual(['E_HOST_DIES', 'E_START']);
  expect(told(made, 'alert')).toEqual(['web: starts: was just started when the host died, again and again']);
  const next = await made.next();
  await next.machine.clock.pass(120_000);
  expect([begun(next), next.store.history('db')?.hostDeaths]).toEqual([['db'], undefined]);
  next.agent.control.start({ guests: ['web'] }, {}, caller);
  await next.machine.clock.pass(1000);
  expect([begun(next), codes(next)]).toEqual([['db', 'web'], []]);
});

test('many that start with the host are started a few at a time', async () => {
  const machine = new Machine();
  const names = Array.from({ length: 30 }, (_, at) => `g${at}`);
  for (const name of names) machine.guests.set(name, undefined);
  machine.onStart = () => {};
  const guests = names.map((guest) => ({ guest, start: { ...USUAL_START, auto: true } }));
  const made = await agentOn(machine, { ...configOf(), guests });
  expect(begun(made).length).toBeLessThanOrEqual(8);
  expect(begun(made).length).toBeGreaterThanOrEqual(2);
});

test('what cannot be stored is remembered all the same', async () => {
  const store: Store = {
    ...memoryStore(),
    saveHistory: () => [{ code: 'E_STATE_WRITE', subject: '/var/lib/hostler', detail: 'ENOSPC' }],
  };
  const made = await agentOn(machineWith('web'), configured(CRASH), store);
  for (let crash = 0; crash < 4; crash += 1) {
    made.machine.stop('web');
    await made.machine.clock.pass(20_000);
  }
  expect([begun(made).length, codes(made)]).toEqual([3, ['E_QUARANTINE']]);
});

test.each(['stays', 'is gone meanwhile'])(
  'what a full disk refused of a guest that %s is stored when there is room',
  async (how) => {
    const store = memoryStore();
    let isFull = false;
    const full: Store = {
      ...store,
      saveHistory: (guest, history) =>
        isFull
          ? [{ code: 'E_STATE_WRITE', subject: '/var/lib/hostler', detail: 'ENOSPC' }]
          : store.saveHistory(guest, history),
    };
    const made = await agentOn(machineWith('web'), configured({ ...CRASH, budget: 0 }), full);
    made.machine.stop('web');
    await made.machine.clock.pass(20_000);
    expect([codes(made), store.history('web')?.isQuarantined]).toEqual([['E_QUARANTINE'], true]);
    isFull = true;
    made.agent.control.start({ guests: ['web'] }, {}, caller);
    await made.machine.clock.pass(3_600_000);
    expect(told(made, 'refusal').filter((says) => says.startsWith('E_STATE_WRITE')).length).toBeLessThan(5);
    if (how === 'is gone meanwhile') {
      made.machine.guests.delete('web');
      made.machine.folderChanged('web');
      await made.machine.clock.pass(1000);
      expect(made.agent.control.guest('web')).toBeUndefined();
    }
    expect(store.history('web')?.isQuarantined).toBe(true);
    isFull = false;
    await made.machine.clock.pass(60_000);
    expect(store.history('web')?.isQuarantined).toBeFalsy();
  },
);
