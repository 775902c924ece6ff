import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import type { StartSettings } from '../../../src/model/lifecycle.ts';
import type { Life } from '../../../src/ports/life.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage, startedStage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { deaf, LISTENING, UPSTART } from '../../lifecycle/init-facts.ts';

const caller = { uid: 0, pid: 1 };
/** What the machine calls the start time of the first one. */
const FIRST_START_MS = 101_000;
const TCP = { kind: 'tcp', port: 5432 } as const;

/** web waits for db, which waits for storage; side waits for nobody. */
function configured(db: Partial<StartSettings> = {}, auto = false): Config {
  const guests = [
    { guest: 'web', start: { ...USUAL_START, after: ['db'], marks: ['edge'] } },
    { guest: 'db', start: { ...USUAL_START, after: ['storage'], ...db } },
    { guest: 'storage', start: USUAL_START },
    { guest: 'side', start: { ...USUAL_START, auto, marks: ['edge'] } },
  ];
  return { ...configOf(), guests };
}

function stoppedGuests(): Machine {
  const machine = new Machine();
  for (const name of ['web', 'db', 'storage', 'side']) machine.guests.set(name, undefined);
  return machine;
}

async function staged(config = configured(), machine = stoppedGuests()): Promise<Stage> {
  return startedStage(config, machine);
}

async function start({ agent, machine }: Stage, ms: number, ...guests: readonly string[]): Promise<void> {
  agent.control.start({ guests }, {}, caller);
  await machine.clock.pass(ms);
}

function begun({ machine }: Pick<Stage, 'machine'>): readonly string[] {
  return machine.asked.flatMap((line) => (/ start-guest/.test(line) ? line.replace(/ .*/, '') : []));
}

function told({ agent }: Stage, kind = 'start'): readonly string[] {
  return agent.control.events(0).flatMap((event) => (event.kind === kind ? event.says.replace(/;.*/, '') : []));
}

function codes({ agent }: Stage, guest: string): readonly string[] {
  return agent.control.guest(guest)?.refusals.map(({ code }) => code) ?? [];
}

test('a guest is started when those are ready that it waits for, which are started as well', async () => {
  const made = await staged();
  const views = made.agent.control.start({ guests: ['web'] }, {}, caller);
  expect(views.map(({ guest }) => guest)).toEqual(['web', 'db', 'storage']);
  await made.machine.clock.pass(1000);
  expect(begun(made)).toEqual(['storage', 'db', 'web']);
  expect(told(made)).toEqual([
    'web: waits for db',
    'db: waits for storage',
    'storage: is started',
    expect.stringMatching(/^storage: ready after 0\.\d s$/),
    'db: is started',
    expect.stringMatching(/^db: ready after 0\.\d s$/),
    'web: is started',
    expect.stringMatching(/^web: ready after 0\.\d s$/),
  ]);
  expect(codes(made, 'web')).toEqual([]);
});

test('a start that is asked for again begins nothing once more', async () => {
  const made = await staged();
  made.machine.onStart = () => {};
  await start(made, 100, 'storage');
  await start(made, 100, 'storage');
  expect(begun(made)).toEqual(['storage']);
  made.machine.start('storage');
  await made.machine.clock.pass(1000);
  await start(made, 1000, 'storage');
  expect(begun(made)).toEqual(['storage']);
  expect(told(made).slice(-2)).toEqual(['storage: runs already', expect.stringMatching(/^storage: ready/)]);
});

test('a guest whose init does not listen yet is not ready', async () => {
  const made = await staged();
  made.machine.onStart = (guest) => {
    made.machine.start(guest).init = deaf(LISTENING.busybox);
  };
  await start(made, 5000, 'db');
  expect(begun(made)).toEqual(['storage']);
  const storage = made.machine.guests.get('storage');
  if (storage) storage.init = LISTENING.busybox;
  await made.machine.clock.pass(2000);
  expect(begun(made)).toEqual(['storage', 'db']);
});

test.each([
  ['a plain process', deaf(LISTENING.plain), [1500, 2500]],
  ['an init without the pipe of sysvinit', UPSTART, [4500, 6500]],
] as const)('%s that never listens is ready a short time after its start', async (_, init, [before, after]) => {
  const made = await staged();
  await made.machine.clock.pass(FIRST_START_MS - made.machine.clock.sinceBoot());
  made.machine.onStart = (guest) => {
    made.machine.start(guest).init = init;
  };
  await start(made, before, 'db');
  expect(begun(made)).toEqual(['storage']);
  await made.machine.clock.pass(after - before);
  expect(begun(made)).toEqual(['storage', 'db']);
});

test.each([
  ['an init that never listens', configured()],
  ['a delay', configured({ ready: { kind: 'delay', delayMs: 2000 } })],
])('%s holds nobody longer on a host that has slept', async (_, config) => {
  const made = await staged(config);
  made.machine.clock.sleep(FIRST_START_MS - made.machine.clock.uptime());
  made.machine.onStart = (guest) => {
    made.machine.start(guest).init = deaf(LISTENING.plain);
  };
  await start(made, 2500, 'db');
  expect(begun(made)).toEqual(['storage', 'db']);
});

test.each([
  [TCP, { kind: 'tcp', port: 5432 }],
  [
    { kind: 'file', path: '/run/ready' },
    { kind: 'file', path: '/run/ready' },
  ],
] as const)('a guest may be ready by what can be reached in it: %j', async (ready, probe) => {
  const made = await staged(configured({ ready }));
  const asked: unknown[] = [];
  let isThere = false;
  made.machine.isReached = (guest, what) => {
    asked.push([guest, what]);
    return isThere;
  };
  await start(made, 10_000, 'web');
  expect(asked).toContainEqual(['db', probe]);
  expect(begun(made)).toEqual(['storage', 'db']);
  isThere = true;
  await made.machine.clock.pass(2000);
  expect(begun(made)).toEqual(['storage', 'db', 'web']);
});

test('a guest may be ready by a program that ends with 0, and none of them runs twice at a time', async () => {
  const made = await staged(configured({ ready: { kind: 'command', words: ['pg_isready'] } }));
  let [status, running, most] = [1, 0, 0];
  made.machine.onRun = async () => {
    running += 1;
    most = Math.max(most, running);
    await atRest();
    running -= 1;
    return status;
  };
  await start(made, 5000, 'web');
  expect(begun(made)).not.toContain('web');
  status = 0;
  await made.machine.clock.pass(2000);
  expect([begun(made).at(-1), most]).toEqual(['web', 1]);
});

test('a guest may say itself that it is ready, and is heard at once', async () => {
  const made = await staged(configured({ ready: { kind: 'notify' } }));
  const { promise, resolve } = Promise.withResolvers<void>();
  made.machine.onHear = () => promise;
  await start(made, 10_000, 'web');
  expect(begun(made)).toEqual(['storage', 'db']);
  expect(made.machine.asked.filter((line) => line === 'db hear-ready')).toHaveLength(1);
  resolve();
  await made.machine.clock.pass(1);
  expect(begun(made)).toEqual(['storage', 'db', 'web']);
});

test('a guest that cannot be heard is tried again, and one that ended and runs again is heard anew', async () => {
  const made = await staged(configured({ ready: { kind: 'notify' } }));
  let refusals = 3;
  made.machine.refuse = (_, what) =>
    what === 'hear-ready' && refusals-- > 0 ? { errno: 'EBUSY', call: 'busy', subject: '/db' } : undefined;
  const firstEnds = Promise.withResolvers<void>();
  made.machine.onHear = async (guest) => (guest === 'db' && refusals > -2 ? firstEnds.promise : undefined);
  await start(made, 2000, 'web');
  expect(refusals).toBe(-1);
  made.machine.stop('db');
  made.machine.start('db');
  firstEnds.resolve();
  await made.machine.clock.pass(2000);
  expect(begun(made).at(-1)).toBe('web');
});

test('a guest is heard anew while nobody knows whether it is ready, and no more when that is known', async () => {
  const made = await staged(configured({ ready: { kind: 'notify' } }));
  made.machine.onStart = (name) => {
    made.machine.start(name).init = LISTENING.systemd;
  };
  let isOver = Promise.withResolvers<void>();
  made.machine.refuse = (_, what) =>
    what === 'heard' ? { errno: 'ETIMEDOUT', call: 'hear-ready', subject: '' } : undefined;
  made.machine.onHear = () => isOver.promise;
  const heardFor = async () => {
    const { resolve } = isOver;
    isOver = Promise.withResolvers();
    resolve();
    await made.machine.clock.pass(100);
    return made.machine.asked.filter((line) => line === 'db hear-ready').length;
  };
  await start(made, 3000, 'web');
  expect([await heardFor(), await heardFor()]).toEqual([2, 3]);
  made.machine.output = 'running\n';
  await made.machine.clock.pass(2000);
  expect(begun(made)).toContain('web');
  expect([await heardFor(), await heardFor()]).toEqual([3, 3]);
});

test.each([
  ['starting', false],
  ['maintenance', false],
  ['running', true],
  ['degraded', true],
])('a systemd that nobody told of a socket is asked: %s', async (answer, isReady) => {
  const made = await staged(configured({ ready: { kind: 'notify' } }));
  made.machine.onStart = (name) => {
    made.machine.start(name).init = LISTENING.systemd;
  };
  made.machine.onHear = () => new Promise(() => undefined);
  made.machine.output = `${answer}\n`;
  await start(made, 5000, 'web');
  expect(begun(made).includes('web')).toBe(isReady);
  expect(made.machine.asked).toContain('db run-inside systemctl is-system-running');
});

test('one that starts with the host and cannot be started is tried three times more, later each time, and then told', async () => {
  const machine = stoppedGuests();
  let refusals = 0;
  machine.refuse = (name, what) => {
    if (name !== 'side' || what !== 'start-guest') return undefined;
    refusals += 1;
    return { errno: 'EREMOTEIO', call: 'lxc-start', subject: 'no disk' };
  };
  const made = await staged(configured({}, true), machine);
  await made.machine.clock.pass(1000);
  expect([refusals, codes(made, 'side')]).toEqual([1, []]);
  expect(told(made).at(-1)).toMatch(/^side: was not started, and is tried again in 5.0 s: lxc-start says: no disk/);
  await made.machine.clock.pass(5000);
  expect(refusals).toBe(2);
  await made.machine.clock.pass(120_000);
  expect([refusals, codes(made, 'side')]).toEqual([4, ['E_START']]);
  machine.refuse = () => undefined;
  await start(made, 1000, 'side');
  expect(codes(made, 'side')).toEqual([]);
});

test('one that starts with the host is tried again also where its runtime says late that it cannot', async () => {
  const machine = stoppedGuests();
  let asked = 0;
  const refuses: Life['start'] = async () => {
    asked += 1;
    await new Promise<void>((resolve) => machine.clock.wake(machine.clock.now() + 70_000, resolve));
    return { ok: false, failed: { errno: 'EREMOTEIO', call: 'lxc-start', subject: 'no disk' } };
  };
  const config = configured({}, true);
  const ports = portsOf(machine, config, memoryStore());
  const made = stage(machine, config, { ...ports, life: { ...ports.life, start: refuses } });
  void made.agent.start();
  await machine.clock.pass(600_000);
  expect([asked, codes(made, 'side')]).toEqual([4, ['E_START']]);
});

test('what a guest has said is known also when somebody asks for its start once more', async () => {
  const made = await staged(configured({ ready: { kind: 'notify' }, timeoutMs: 3000 }));
  const said = Promise.withResolvers<void>();
  made.machine.onHear = () => said.promise;
  await start(made, 10_000, 'web');
  expect(codes(made, 'db')).toEqual(['W_LATE']);
  await start(made, 10, 'db');
  said.resolve();
  await made.machine.clock.pass(1000);
  expect(begun(made).at(-1)).toBe('web');
  expect(made.machine.asked.filter((line) => line === 'db hear-ready')).toHaveLength(1);
});

test('one that starts with the host when its disk is there is tried no more, and those behind it wait for that', async () => {
  const machine = stoppedGuests();
  let isThere = false;
  machine.refuse = (name, what) =>
    name === 'db' && what === 'start-guest' && !isThere
      ? { errno: 'EREMOTEIO', call: 'lxc-start', subject: '' }
      : undefined;
  const guests = [
    { guest: 'db', start: { ...USUAL_START, auto: true } },
    { guest: 'web', start: { ...USUAL_START, auto: true, after: ['db'] } },
  ];
  const made = await staged({ ...configOf(), guests }, machine);
  await made.machine.clock.pass(1000);
  expect(begun(made)).toEqual(['db']);
  isThere = true;
  await made.machine.clock.pass(6000);
  expect(begun(made)).toEqual(['db', 'db', 'web']);
  await made.machine.clock.pass(60_000);
  expect(begun(made)).toHaveLength(3);
});

test('one that starts with the host and ends before it is ready is not tried again', async () => {
  const machine = stoppedGuests();
  machine.onStart = (name) => {
    machine.start(name).init = deaf(LISTENING.busybox);
  };
  const made = await staged(configured({}, true), machine);
  await made.machine.clock.pass(1000);
  machine.stop('side');
  await made.machine.clock.pass(60_000);
  expect(begun(made)).toEqual(['side']);
});

test('behind one that is late others are held, until it is ready after all', async () => {
  const made = await staged(configured({ ready: TCP, timeoutMs: 3000 }));
  made.machine.isReached = () => false;
  await start(made, 60_000, 'web');
  expect(begun(made)).not.toContain('web');
  expect([codes(made, 'db'), codes(made, 'web')]).toEqual([['W_LATE'], ['W_HELD']]);
  const remedy =
    'help that one, or write "late: continue" into the start of guests/db.yaml, and nobody waits for it that long';
  const says = made.agent.control.events(0).map((event) => event.says);
  expect(says).toContain(`W_HELD web: is not started before db is ready; ${remedy}`);
  made.machine.isReached = () => true;
  await made.machine.clock.pass(6000);
  expect(begun(made).at(-1)).toBe('web');
  expect([codes(made, 'db'), codes(made, 'web')]).toEqual([[], []]);
});

test('behind one that is late others go on without it where it says so', async () => {
  const made = await staged(configured({ ready: TCP, timeoutMs: 3000, late: 'continue' }));
  made.machine.isReached = () => false;
  await start(made, 10_000, 'web');
  expect(begun(made).at(-1)).toBe('web');
  expect(told(made)).toContain('db: not ready after 3.0 s');
});

test('behind one that is late nobody is started where it says so, and each is told after what it waits for', async () => {
  const strict = { ...USUAL_START, late: 'fail' } as const;
  const guests = [
    { guest: 'edge', start: { ...strict, after: ['web'] } },
    { guest: 'web', start: { ...strict, after: ['db'] } },
    { guest: 'db', start: { ...strict, ready: TCP, timeoutMs: 3000 } },
  ];
  const machine = stoppedGuests();
  machine.guests.set('edge', undefined);
  machine.isReached = () => false;
  const made = await staged({ ...configOf(), guests }, machine);
  await start(made, 10_000, 'edge');
  expect(told(made, 'refusal').map((text) => text.replace(/ after 3.*/, ''))).toEqual([
    'W_LATE db: is not ready',
    'E_START web: was not started: it waits for db',
    'E_START edge: was not started: it waits for web',
  ]);
  expect(told(made).slice(-3)).toEqual([
    'db: not ready after 3.0 s',
    'web: not started, since db is not ready',
    'edge: not started, since web is not ready',
  ]);
});

test('a guest that cannot be started is told with its reason, and is started when somebody asks again', async () => {
  const made = await staged();
  made.machine.refuse = (guest, what) =>
    what === 'start-guest' && guest === 'storage'
      ? { errno: 'EIO', call: 'start', subject: 'no root file system' }
      : undefined;
  await start(made, 1000, 'web');
  expect(told(made, 'refusal')[0]).toBe('E_START storage: was not started: start EIO no root file system');
  expect(made.agent.control.guest('web')?.refusals).toMatchObject([{ code: 'W_HELD', detail: 'storage' }]);
  made.machine.refuse = () => undefined;
  await start(made, 1000, 'web');
  expect(begun(made)).toEqual(['storage', 'storage', 'db', 'web']);
  expect(codes(made, 'storage')).toEqual([]);
});

test('what its runtime said is told also where that clears away a moment longer', async () => {
  const made = await staged();
  made.machine.refuse = (_, what) => {
    if (what === 'start-guest') made.machine.monitors.add('storage');
    return what === 'start-guest' ? { errno: 'EIO', call: 'start', subject: 'no root file system' } : undefined;
  };
  await start(made, 500, 'storage');
  expect(told(made, 'refusal')).toEqual([]);
  made.machine.monitors.delete('storage');
  await made.machine.clock.pass(500);
  expect(told(made, 'refusal')).toEqual(['E_START storage: was not started: start EIO no root file system']);
});

/** side has ended, and who saw to it still runs a hook. */
async function clearing(): Promise<Stage> {
  const machine = stoppedGuests();
  machine.start('side').keeper = '22954 700';
  machine.keepers.add('22954 700');
  const made = await staged(configured(), machine);
  machine.stop('side');
  await machine.clock.pass(100);
  return made;
}

test('a guest is not begun before its runtime has cleared away after the start before', async () => {
  const made = await clearing();
  await start(made, 20_000, 'side');
  expect([begun(made), made.agent.control.guest('side')?.life?.doing]).toEqual([[], 'waiting']);
  expect(told(made)).toEqual([
    'side: waits until process 22954 has ended, which still clears away after the start before',
  ]);
  made.machine.keepers.clear();
  await made.machine.clock.pass(200);
  expect([begun(made), made.agent.control.guest('side')?.state]).toEqual([['side'], 'running']);
});

test('one whose runtime never clears away is not started, and who keeps it is named', async () => {
  const made = await clearing();
  await start(made, 59_000, 'side');
  expect(codes(made, 'side')).not.toContain('E_START');
  await made.machine.clock.pass(1500);
  expect([begun(made), told(made, 'refusal').slice(1)]).toEqual([
    [],
    ['E_START side: was not started: process 22954, which still clears away after the start before, does not end'],
  ]);
  made.machine.keepers.clear();
  await start(made, 500, 'side');
  expect(made.agent.control.guest('side')?.state).toBe('running');
});

test('a guest is started again by a restart when a hook of its runtime has ended, also by the next agent', async () => {
  const machine = stoppedGuests();
  machine.start('side').keeper = '22954 700';
  machine.keepers.add('22954 700');
  const config = configured();
  const ports = portsOf(machine, config, memoryStore());
  const made = stage(machine, config, ports);
  await made.agent.start();
  made.agent.control.restart({ guests: ['side'] }, { kill: false }, caller);
  await machine.clock.pass(5000);
  expect(begun(made)).toEqual([]);
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
  const second = stage(machine, config, portsOf(machine, config, ports.store));
  await second.agent.start();
  await machine.clock.pass(20_000);
  expect(begun(made)).toEqual([]);
  machine.keepers.clear();
  await machine.clock.pass(500);
  expect([begun(made), second.agent.control.guest('side')?.state]).toEqual([['side'], 'running']);
});

test('a guest that ends before it is ready has failed', async () => {
  const made = await staged(configured({ ready: TCP }));
  made.machine.isReached = () => false;
  await start(made, 2000, 'db');
  made.machine.stop('db');
  await made.machine.clock.pass(1000);
  expect(told(made, 'refusal')).toEqual(['E_START db: was not started: it ended before it was ready']);
});

test('one that nobody could start and somebody starts otherwise is waited for', async () => {
  const made = await staged();
  made.machine.refuse = (_, what) =>
    what === 'start-guest' ? { errno: 'EIO', call: 'start', subject: '' } : undefined;
  await start(made, 1000, 'db');
  made.machine.refuse = () => undefined;
  made.machine.start('storage');
  await made.machine.clock.pass(1000);
  expect(begun(made)).toEqual(['storage', 'db']);
});

test('no more are on their way at a time than there are processors, and no fewer than two', async () => {
  const machine = new Machine();
  const names = Array.from({ length: 20 }, (_, at) => `g${at}`);
  for (const name of names) machine.guests.set(name, undefined);
  machine.onStart = () => {};
  const made = await staged(configOf(), machine);
  await start(made, 1000, ...names);
  const first = begun(made).length;
  expect(first).toBeGreaterThanOrEqual(2);
  expect(first).toBeLessThanOrEqual(8);
  for (const name of begun(made)) machine.start(name);
  await made.machine.clock.pass(1000);
  expect(begun(made)).toHaveLength(2 * first);
});

test('another agent goes on where the last one was, and starts nothing a second time that runs', async () => {
  const [machine, store] = [stoppedGuests(), memoryStore()];
  const config = configured({ ready: TCP, timeoutMs: 10_000 });
  const first = stage(machine, config, portsOf(machine, config, store));
  await first.agent.start();
  machine.isReached = () => false;
  await start(first, 5000, 'web');
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
  const second = stage(machine, config, portsOf(machine, config, store));
  await second.agent.start();
  await machine.clock.pass(6000);
  expect(begun(second)).toEqual(['storage', 'db']);
  expect(told(second)).toContain('db: not ready after 10.0 s');
  machine.isReached = () => true;
  await machine.clock.pass(6000);
  expect(begun(second)).toEqual(['storage', 'db', 'web']);
  expect(store.starts()?.starts).toEqual([]);
});

test('what was asked of an executor that died is asked of the next one', async () => {
  const made = await staged();
  made.machine.refuse = (_, what) =>
    what === 'start-guest' ? { errno: 'EPIPE', call: 'executor', subject: '' } : undefined;
  await start(made, 30_000, 'storage');
  expect(begun(made)).toEqual(['storage']);
  made.machine.refuse = () => undefined;
  made.machine.killExecutor();
  await made.machine.clock.pass(5000);
  expect(made.agent.control.guest('storage')?.state).toBe('running');
});

test('nothing of another start of the host is gone on with', async () => {
  const [machine, store] = [stoppedGuests(), memoryStore()];
  store.saveStarts({
    bootId: 'boot0',
    hasBooted: true,
    starts: [{ guest: 'side', settings: USUAL_START, phase: 'waiting', since: 0 }],
  });
  const made = stage(machine, configOf(), portsOf(machine, configOf(), store));
  await made.agent.start();
  await machine.clock.pass(1000);
  expect(begun(made)).toEqual([]);
});

test('a restart ends what runs before it is started', async () => {
  const machine = stoppedGuests();
  const before = machine.start('db').instance.pid;
  const made = await staged(configured(), machine);
  made.agent.control.restart({ guests: ['db'] }, { kill: false }, caller);
  await machine.clock.pass(2000);
  expect(begun(made)).toEqual(['storage', 'db']);
  expect(machine.guests.get('db')?.instance.pid).not.toBe(before);
  expect(told(made)).toContain('db: is started again when it has ended');
});

test('a stop under way becomes a restart', async () => {
  const machine = stoppedGuests();
  machine.start('side');
  machine.onHalt = () => {};
  const made = await staged(configured(), machine);
  const doing = () => made.agent.control.guest('side')?.life?.doing;
  made.agent.control.stop('side', { kill: false }, caller);
  await machine.clock.pass(5000);
  expect(doing()).toBe('stopping');
  made.agent.control.start({ guests: ['side'] }, {}, caller);
  await machine.clock.pass(5000);
  expect(doing()).toBe('restarting');
  expect(begun(made)).toEqual([]);
  machine.stop('side');
  await machine.clock.pass(2000);
  expect(begun(made)).toEqual(['side']);
});

test('what never ends is not started again, which is said', async () => {
  const machine = stoppedGuests();
  const side = machine.start('side');
  side.isUnkillable = true;
  machine.onHalt = () => {};
  const made = await staged(configured(), machine);
  made.agent.control.restart({ guests: ['side'] }, { kill: false }, caller);
  await machine.clock.pass(80_000);
  expect(codes(made, 'side').toSorted()).toEqual(['E_START', 'E_WEDGED']);
  expect(told(made).at(-1)).toBe('side: could not be started');
  machine.stop('side');
  await machine.clock.pass(10_000);
  expect(begun(made)).toEqual([]);
});

test.each([
  ['an init that listened', {}],
  ['a delay', { ready: { kind: 'delay', delayMs: 1000 } }],
] as const)('what never ends is not ready, also with %s, until another start of it is', async (_, ready) => {
  const machine = stoppedGuests();
  machine.start('db').isUnkillable = true;
  machine.onHalt = () => {};
  const made = await staged(configured(ready), machine);
  await made.agent.control.stop('db', { kill: false }, caller);
  await machine.clock.pass(80_000);
  await start(made, 5000, 'web');
  expect([begun(made), codes(made, 'db').toSorted()]).toEqual([['storage'], ['E_START', 'E_WEDGED']]);
  expect(told(made)).toContain('web: held until db is ready');
  machine.start('db');
  await machine.clock.pass(5000);
  expect([begun(made), codes(made, 'db')]).toEqual([['storage', 'web'], ['E_WEDGED']]);
});

test('a guest whose init comes long after its runtime has begun it has as long as its start has', async () => {
  const made = await staged();
  made.machine.onStart = () => {};
  await start(made, 40_000, 'storage');
  expect(codes(made, 'storage')).toEqual([]);
  made.machine.start('storage');
  await made.machine.clock.pass(2000);
  expect(told(made).at(-1)).toMatch(/^storage: .*ready/);
});

test('the agent that died between the two halves of a restart has a successor that does both', async () => {
  const [machine, store] = [stoppedGuests(), memoryStore()];
  const { instance } = machine.start('side');
  store.saveStarts({
    bootId: machine.clock.bootId,
    hasBooted: true,
    starts: [{ guest: 'side', settings: USUAL_START, phase: 'waiting', since: 0, of: instance }],
  });
  const made = stage(machine, configOf(), portsOf(machine, configOf(), store));
  await made.agent.start();
  await machine.clock.pass(2000);
  expect(begun(made)).toEqual(['side']);
});

test('whoever stops a guest takes back its start', async () => {
  const made = await staged(configured({ ready: TCP }));
  made.machine.isReached = () => false;
  await start(made, 1000, 'web');
  made.agent.control.stop('web', { kill: false }, caller);
  made.machine.isReached = () => true;
  await made.machine.clock.pass(5000);
  expect(begun(made)).toEqual(['storage', 'db']);
  expect(told(made)).toContain('web: is not started any more, since somebody stops it');
});

test('what is stopped before its init is there is stopped when it comes', async () => {
  const made = await staged();
  made.machine.onStart = () => {};
  await start(made, 100, 'storage');
  expect((await made.agent.control.stop('storage', { kill: false }, caller)).state).toBe('stopping');
  await made.machine.clock.pass(3000);
  made.machine.start('storage');
  await made.machine.clock.pass(3000);
  expect(made.agent.control.guest('storage')?.state).toBe('stopped');
  expect(told(made, 'stop').at(-1)).toMatch(/^storage: stopped in/);
});

test.each([
  ['comes after that', 3000],
  ['comes while no agent runs', 0],
])('what is stopped before its init is there, and %s, is stopped by the next agent as was asked', async (_, after) => {
  const [machine, store] = [stoppedGuests(), memoryStore()];
  const agent = () => stage(machine, configured(), portsOf(machine, configured(), store));
  const first = agent();
  await first.agent.start();
  machine.onStart = () => {};
  machine.onHalt = () => {};
  await start(first, 100, 'storage');
  await first.agent.control.stop('storage', { kill: false }, caller);
  await first.agent.control.stop('storage', { kill: true }, caller);
  machine.clock.silence();
  machine.line.cut();
  if (after === 0) machine.start('storage');
  machine.startExecutor();
  const next = agent();
  await next.agent.start();
  await machine.clock.pass(after);
  if (after > 0) machine.start('storage');
  await machine.clock.pass(3000);
  expect(next.agent.control.guest('storage')?.state).toBe('stopped');
  machine.start('storage');
  await machine.clock.pass(3000);
  expect(next.agent.control.guest('storage')?.state).toBe('running');
});

test('what is stopped before its init is there, and never comes, has been stopped', async () => {
  const made = await staged();
  made.machine.onStart = () => {};
  await start(made, 100, 'storage');
  expect(await made.agent.control.stopTogether({ mark: undefined }, { kill: false }, caller)).toMatchObject([
    { state: 'stopping' },
  ]);
  await made.machine.clock.pass(30_000);
  expect(told(made, 'stop')).toEqual(['storage: was not started']);
  made.machine.start('storage');
  await made.machine.clock.pass(3000);
  expect(made.agent.control.guest('storage')?.state).toBe('running');
});

test('those that wait for one that somebody stops do not start without it', async () => {
  const made = await staged(configured({ ready: TCP, timeoutMs: 3000 }));
  made.machine.isReached = () => false;
  await start(made, 10_000, 'web');
  made.agent.control.stop('db', { kill: false }, caller);
  await made.machine.clock.pass(10_000);
  expect(begun(made)).toEqual(['storage', 'db']);
  expect(codes(made, 'web')).toEqual(['W_HELD']);
  made.machine.isReached = () => true;
  await start(made, 2000, 'db');
  expect(begun(made)).toEqual(['storage', 'db', 'db', 'web']);
});

test.each([
  ['starts', 3000],
  ['is late', 10_000],
])('those that wait for one that %s, and is taken from this host, do not start without it', async (_, ms) => {
  const made = await staged(configured({ ready: TCP, timeoutMs: 5000 }));
  made.machine.isReached = () => false;
  await start(made, ms, 'web');
  made.machine.stop('db');
  made.machine.guests.delete('db');
  made.machine.folderChanged('db');
  await made.machine.clock.pass(10_000);
  expect([begun(made), codes(made, 'web')]).toEqual([['storage', 'db'], ['W_HELD']]);
  made.machine.guests.set('db', undefined);
  made.machine.folderChanged('db');
  made.machine.isReached = () => true;
  await start(made, 2000, 'db');
  expect(begun(made)).toEqual(['storage', 'db', 'db', 'web']);
});

test('those that wait for one that is taken from this host before its turn do not start without it', async () => {
  const made = await staged();
  made.machine.onStart = () => {};
  await start(made, 1000, 'web');
  made.machine.guests.delete('db');
  made.machine.folderChanged('db');
  await made.machine.clock.pass(1000);
  made.machine.start('storage');
  await made.machine.clock.pass(5000);
  expect(begun(made)).toEqual(['storage']);
  expect(told(made, 'refusal')).toEqual([
    'E_START db: was not started: it is not on this host',
    'W_HELD web: is not started before db is ready',
  ]);
});

const gentle = { kill: false };
test.each<[string, (control: Stage['agent']['control']) => Promise<unknown>, readonly string[]]>([
  ['with it', (control) => control.stopTogether({ guests: ['db', 'web'] }, gentle, caller), []],
  [
    'after it',
    (control) => control.stop('db', gentle, caller).then(() => control.stop('web', gentle, caller)),
    ['E_START db: was not started: somebody has stopped it'],
  ],
])('one that somebody stops has not failed where those that waited for it are stopped %s', async (_, stop, said) => {
  const made = await staged(configured({ ready: TCP }));
  made.machine.isReached = () => false;
  await start(made, 5000, 'web');
  await stop(made.agent.control);
  await made.machine.clock.pass(60_000);
  expect([codes(made, 'db'), made.agent.control.guest('db')?.life?.doing]).toEqual([[], undefined]);
  expect([
    made.agent.control.status().converged,
    told(made, 'refusal').filter((text) => text.startsWith('E_START')),
  ]).toEqual([true, said]);
});

test('a mark names guests, and without one those that start with the host', async () => {
  const made = await staged(configured({}, true));
  await made.machine.clock.pass(1000);
  expect(made.agent.control.start({ mark: undefined }, {}, caller).map(({ guest }) => guest)).toEqual(['side']);
  await made.machine.clock.pass(1000);
  expect(begun(made)).toEqual(['side']);
  expect(made.agent.control.marks()).toEqual(new Set(['edge', 'default']));
  const edge = made.agent.control.restart({ mark: 'edge' }, { kill: false }, caller);
  expect(edge.map(({ guest }) => guest)).toEqual(['side']);
  await made.machine.clock.pass(1000);
  expect(begun(made)).toEqual(['side', 'side']);
  const started = made.agent.control.start({ mark: 'edge' }, {}, caller).map(({ guest }) => guest);
  expect(new Set(started)).toEqual(new Set(['web', 'db', 'storage', 'side']));
});
