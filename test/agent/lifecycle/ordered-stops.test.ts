import { expect, test } from 'vitest';
import { STOPS_AT_ONCE } from '../../../src/agent/lifecycle/ordered-stops.ts';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';

const caller = { uid: 0, pid: 1 };
const gracefully = { kill: false };
const DUMP = { where: 'guest', words: ['dump'], timeoutMs: 10_000 } as const;

/** Guests that run, each with those that it starts after; a halt ends one only when the test lets it. */
async function staged(
  after: Readonly<Record<string, readonly string[]>>,
  hooked: readonly string[] = [],
  keeper?: string,
) {
  const machine = new Machine();
  for (const guest of Object.keys(after)) {
    const start = machine.start(guest);
    if (keeper !== undefined) start.keeper = `${keeper} of ${guest}`;
    if (keeper !== undefined) machine.keepers.add(`${keeper} of ${guest}`);
  }
  machine.onHalt = () => {};
  const guests = Object.entries(after).map(([guest, names]) => ({
    guest,
    start: { ...USUAL_START, after: names, marks: guest.startsWith('db') ? ['db'] : ['default'] },
    stop: { timeoutMs: 60_000, before: hooked.includes(guest) ? [DUMP] : [] },
  }));
  const config = { ...configOf(), guests };
  const ports = portsOf(machine, config);
  const made = stage(machine, config, ports);
  await made.agent.start();
  const ends = async (guest: string) => {
    machine.stop(guest);
    await machine.clock.pass(100);
  };
  return { ...made, config, ports, ends };
}

/** The agent and its executor are no more, and there is another executor. */
function dies(machine: Machine): void {
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
}

async function nextAgent({ machine, ports, config }: Awaited<ReturnType<typeof staged>>): Promise<Stage> {
  const second = stage(machine, config, portsOf(machine, config, ports.store));
  await second.agent.start();
  return second;
}

/** Whom somebody asked to halt, in order. */
function asked({ machine }: Pick<Stage, 'machine'>): readonly string[] {
  const halts = machine.asked.flatMap((line) => / halt /.exec(line) && line.split(' ')[0]);
  return [...new Set(halts.filter((guest) => guest !== null && guest !== undefined))];
}

test('all are stopped, each when those that start after it have ended', async () => {
  const made = await staged({ storage: [], db1: ['storage'], web: ['db1'], other: [] });
  const views = await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  expect(views.map(({ guest, state }) => `${guest} ${state}`).sort()).toEqual([
    'db1 stopping',
    'other stopping',
    'storage stopping',
    'web stopping',
  ]);
  await made.machine.clock.pass(100);
  expect(asked(made)).toEqual(['web', 'other']);
  await made.ends('web');
  expect(asked(made)).toEqual(['web', 'other', 'db1']);
  await made.ends('db1');
  expect(asked(made)).toEqual(['web', 'other', 'db1', 'storage']);
});

test('one that does not end in time is killed, and those behind it have their own time', async () => {
  const made = await staged({ db1: [], web: ['db1'] });
  await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(60_200);
  expect(made.agent.control.guest('web')?.state).toBe('stopped');
  expect(asked(made)).toEqual(['web', 'db1']);
  expect(made.agent.control.guest('db1')?.state).toBe('running');
});

test('those of a mark are stopped, and no others', async () => {
  const made = await staged({ db1: [], web: ['db1'] });
  expect((await made.agent.control.stopTogether({ mark: 'db' }, gracefully, caller)).map(({ guest }) => guest)).toEqual(
    ['db1'],
  );
  await made.machine.clock.pass(100);
  expect(asked(made)).toEqual(['db1']);
  expect(await made.agent.control.stopTogether({ mark: 'nobody' }, gracefully, caller)).toEqual([]);
});

test(`no more than ${STOPS_AT_ONCE} are stopped at a time`, async () => {
  const names = Array.from({ length: STOPS_AT_ONCE + 2 }, (_, at) => `g${at}`);
  const made = await staged(Object.fromEntries(names.map((name) => [name, []])));
  await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(100);
  expect(asked(made)).toHaveLength(STOPS_AT_ONCE);
  for (const name of asked(made).slice(0, 1)) await made.ends(name);
  expect(asked(made)).toHaveLength(STOPS_AT_ONCE + 1);
});

test('those that hang keep their places for ten seconds, and the others are stopped then', async () => {
  const names = (prefix: string, length: number) => Array.from({ length }, (_, at) => `${prefix}${at}`);
  const [hanging, quick] = [names('hangs', STOPS_AT_ONCE), names('quick', 12)];
  const made = await staged({
    ...Object.fromEntries(hanging.map((name) => [name, ['db']])),
    db: [],
    ...Object.fromEntries(quick.map((name) => [name, []])),
  });
  const { machine, agent } = made;
  machine.onHalt = (name) => {
    if (name.startsWith('quick')) machine.clock.wake(machine.clock.now() + 1000, () => machine.stop(name));
  };
  await agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await machine.clock.pass(9500);
  expect(asked(made)).toEqual(hanging);
  await machine.clock.pass(3500);
  expect(quick.filter((name) => agent.control.guest(name)?.state !== 'stopped')).toEqual([]);
  expect(hanging.filter((name) => agent.control.guest(name)?.state !== 'running')).toEqual([]);
  expect(asked(made)).not.toContain('db');
  await machine.clock.pass(60_000);
  expect(asked(made)).toContain('db');
});

test('what is run before a halt keeps the place for as long as it runs', async () => {
  const dumps = Array.from({ length: STOPS_AT_ONCE }, (_, at) => `dump${at}`);
  const made = await staged(Object.fromEntries([...dumps, 'quick'].map((name) => [name, []])), dumps);
  const { machine, agent } = made;
  machine.onRun = () => new Promise((ends) => machine.clock.wake(machine.clock.now() + 4000, () => ends(0)));
  await agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await machine.clock.pass(13_500);
  expect(asked(made)).toEqual(dumps);
  await machine.clock.pass(1000);
  expect(asked(made)).toContain('quick');
});

test('forty that take 3 s each have all ended in 20 s, eight at a time, by their own halt', async () => {
  const [eachMs, allMs, stepMs] = [3000, 20_000, 250];
  const names = Array.from({ length: 40 }, (_, at) => `g${at}`);
  const made = await staged(Object.fromEntries(names.map((name) => [name, []])));
  const { machine, agent } = made;
  const halting = new Map<string, number>();
  const ended = new Set<string>();
  let most = 0;
  await agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  for (let at = stepMs; at <= allMs; at += stepMs) {
    await machine.clock.pass(stepMs);
    for (const name of asked(made)) if (!halting.has(name)) halting.set(name, at);
    most = Math.max(most, halting.size - ended.size);
    for (const [name, from] of halting) {
      if (ended.has(name) || at < from + eachMs) continue;
      ended.add(name);
      machine.stop(name);
    }
  }
  expect(names.filter((name) => agent.control.guest(name)?.state !== 'stopped')).toEqual([]);
  expect(most).toBe(STOPS_AT_ONCE);
  expect(machine.asked.filter((line) => / (kill|terminate)/.test(line))).toEqual([]);
});

test('when the host goes down all are asked at once that wait for nobody, but for what is run before a halt', async () => {
  const names = Array.from({ length: STOPS_AT_ONCE + 2 }, (_, at) => `g${at}`);
  const dumps = names.map((name) => `dump-${name}`);
  const made = await staged(
    { ...Object.fromEntries([...names, ...dumps].map((name) => [name, []])), db: [], web: ['db'] },
    dumps,
  );
  const { machine, agent } = made;
  machine.shutdownLimits = [{ name: 'TimeoutStopSec', ends: 'guests', isOurs: true }];
  await agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await machine.clock.pass(100);
  expect(asked(made)).toHaveLength(STOPS_AT_ONCE);
  agent.handle({ kind: 'shutdown', state: 'begins' });
  await machine.clock.pass(100);
  const urgent = () => asked(made).filter((name) => !dumps.includes(name));
  expect(new Set(urgent())).toEqual(new Set([...names, 'web']));
  expect(asked(made).length - urgent().length).toBe(STOPS_AT_ONCE);
  await made.ends(dumps[0] ?? '');
  expect(asked(made).length - urgent().length).toBe(STOPS_AT_ONCE + 1);
});

test('who asks again for one that waits changes nothing, unless he says another time', async () => {
  const made = await staged({ db1: [], web: ['db1'] });
  await made.agent.control.stopTogether({ mark: undefined }, { kill: false, timeoutMs: 50_000 }, caller);
  await made.agent.control.stopTogether({ mark: undefined }, { kill: false, timeoutMs: 5000 }, caller);
  await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(100);
  await made.ends('web');
  await made.machine.clock.pass(4000);
  expect(made.agent.control.guest('db1')?.state).toBe('running');
  await made.machine.clock.pass(1100);
  expect(made.agent.control.guest('db1')?.state).toBe('stopped');
});

test.each([
  ['longer', { kill: false, timeoutMs: 10_000 }, 50_000],
  ['shorter', { kill: false, timeoutMs: 50_000 }, 10_000],
  ['not at once', { kill: true }, 50_000],
])('what is said later of one that waits holds when its turn comes, also %s', async (_, first, timeoutMs) => {
  const made = await staged({ db1: [], web: ['db1'] });
  const { control } = made.agent;
  const web = made.machine.guests.get('web');
  if (web) web.isUnkillable = true;
  const state = () => control.guest('db1')?.state;
  await control.stopTogether({ mark: undefined }, first, caller);
  await made.machine.clock.pass(100);
  await control.stop('db1', { kill: false, timeoutMs }, caller);
  await made.machine.clock.pass(100);
  expect([asked(made).includes('db1'), made.ports.store.waitingStops()?.stops]).toEqual([true, []]);
  await made.ends('web');
  await made.machine.clock.pass(timeoutMs - 1000);
  expect(state()).toBe('running');
  await made.machine.clock.pass(1000);
  expect(state()).toBe('stopped');
});

test('one that waits has as long as was said of it also where somebody stops it at once, and says nothing', async () => {
  const made = await staged({ db1: [], web: ['db1'] });
  await made.agent.control.stopTogether({ mark: undefined }, { kill: false, timeoutMs: 10_000 }, caller);
  await made.machine.clock.pass(100);
  await made.agent.control.stop('db1', gracefully, caller);
  await made.machine.clock.pass(9500);
  expect(made.agent.control.guest('db1')?.state).toBe('running');
  await made.machine.clock.pass(1000);
  expect(made.agent.control.guest('db1')?.state).toBe('stopped');
});

test('one that waits to be killed is not where a time is said for it later', async () => {
  const made = await staged({ db1: [], web: ['db1'] });
  const web = made.machine.guests.get('web');
  if (web) web.isUnkillable = true;
  const { control } = made.agent;
  await control.stopTogether({ mark: undefined }, { kill: true }, caller);
  await control.stopTogether({ guests: ['db1'] }, { kill: false, timeoutMs: 20_000 }, caller);
  await made.ends('web');
  await made.machine.clock.pass(15_000);
  expect([asked(made), control.guest('db1')?.state]).toEqual([['db1'], 'running']);
  await made.machine.clock.pass(6000);
  expect(control.guest('db1')?.state).toBe('stopped');
});

test('several by name have their turns as well, and who does not run is told', async () => {
  const made = await staged({ storage: [], db1: ['storage'], web: ['db1'], other: [] });
  await made.ends('other');
  const views = await made.agent.control.stopTogether({ guests: ['db1', 'other', 'web'] }, gracefully, caller);
  expect(views.map(({ guest, state }) => `${guest} ${state}`)).toEqual([
    'db1 stopping',
    'web stopping',
    'other stopped',
  ]);
  await made.machine.clock.pass(100);
  expect(asked(made)).toEqual(['web']);
  await made.ends('web');
  expect(asked(made)).toEqual(['web', 'db1']);
  await made.ends('db1');
  await made.machine.clock.pass(1000);
  expect(made.agent.control.guest('storage')?.state).toBe('running');
});

test('one that was killed before and does not end is told so, is not started, and is stopped like any other when it runs again', async () => {
  const made = await staged({ web: [] });
  const before = made.machine.guests.get('web');
  if (before) before.isUnkillable = true;
  await made.agent.control.stop('web', { kill: true }, caller);
  await made.machine.clock.pass(20_000);
  if (before) before.others = ['request_wait_answer'];
  await made.ends('web');
  const codes = () => made.agent.control.guest('web')?.refusals.map(({ code }) => code);
  expect([await made.agent.control.stop('web', gracefully, caller), codes()]).toMatchObject([
    { state: 'wedged' },
    ['E_WEDGED'],
  ]);
  expect(await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller)).toMatchObject([
    { guest: 'web', state: 'wedged' },
  ]);
  made.agent.control.start({ guests: ['web'] }, {}, caller);
  await made.machine.clock.pass(5000);
  expect(made.machine.asked.filter((line) => line.includes('start-guest'))).toEqual([]);
  expect(codes()).toEqual(['E_START', 'E_WEDGED']);
  made.machine.start('web');
  await made.machine.clock.pass(1000);
  expect(made.agent.control.guest('web')).toMatchObject({ state: 'running' });
  expect(made.agent.control.guest('web')?.stop).toBeUndefined();
  expect(await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller)).toMatchObject([
    { guest: 'web', state: 'stopping' },
  ]);
  await made.machine.clock.pass(100);
  expect(asked(made)).toEqual(['web']);
});

test('those that were killed and are not cleared away yet are told as stopping with all others, too', async () => {
  const made = await staged({ web: [], db1: [], other: [] });
  for (const guest of ['web', 'db1']) {
    made.machine.monitors.add(guest);
    await made.agent.control.stop(guest, { kill: false, timeoutMs: 10_000 }, caller);
  }
  await made.machine.clock.pass(11_000);
  await made.ends('other');
  const stopping = async (mark?: string) =>
    (await made.agent.control.stopTogether({ mark }, gracefully, caller)).map(
      ({ guest, state }) => `${guest} ${state}`,
    );
  expect(await stopping()).toEqual(['web stopping', 'db1 stopping']);
  expect(await stopping('db')).toEqual(['db1 stopping']);
  made.machine.monitors.clear();
  await made.machine.clock.pass(1000);
  expect(await stopping()).toEqual([]);
});

test('one that ends by itself before its turn is told as ended', async () => {
  const made = await staged({ db1: [], web: ['db1'] });
  await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(100);
  await made.ends('db1');
  const told = made.agent.control.events(0).filter(({ kind, guest }) => kind === 'stop' && guest === 'db1');
  expect(told.map(({ action, says }) => `${action}: ${says}`)).toEqual(['stopped: db1: has ended before its turn']);
  await made.ends('web');
  expect(asked(made)).toEqual(['web']);
});

/** db1 waits for web, and who sees to db1 does not end with it. */
async function waiting() {
  const made = await staged({ db1: [], web: ['db1'] }, [], 'keeper');
  made.machine.keepers.delete('keeper of web');
  return made;
}

test('one that reboots before its turn is stopped in its turn all the same', async () => {
  const made = await waiting();
  await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(100);
  made.machine.reboot('db1');
  await made.machine.clock.pass(1000);
  expect(asked(made)).toEqual(['web']);
  await made.ends('web');
  expect(asked(made)).toEqual(['web', 'db1']);
});

test('one whose turn comes while it reboots is stopped as soon as it is there again', async () => {
  const made = await waiting();
  await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(100);
  made.machine.stop('db1');
  await made.ends('web');
  expect(asked(made)).toEqual(['web']);
  made.machine.start('db1').keeper = 'keeper of db1';
  await made.machine.clock.pass(100);
  expect(asked(made)).toEqual(['web', 'db1']);
});

test('whoever asks again while it reboots is told that it is being stopped, and what is said then holds', async () => {
  const made = await waiting();
  const { control } = made.agent;
  await control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(100);
  made.machine.stop('db1');
  await made.machine.clock.pass(100);
  for (const asksAgain of [
    () => control.stopTogether({ guests: ['db1'] }, gracefully, caller),
    async () => [await control.stop('db1', { kill: false, timeoutMs: 7000 }, caller)],
  ])
    expect(await asksAgain()).toMatchObject([{ guest: 'db1', state: 'stopping' }]);
  expect(made.ports.store.waitingStops()?.stops).toMatchObject([{ guest: 'db1', timeoutMs: 7000 }]);
});

test('nobody waits for ever for one that has ended before its turn and may come again', async () => {
  const made = await waiting();
  await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(100);
  await made.ends('db1');
  await made.ends('web');
  expect(made.ports.store.waitingStops()?.stops).toMatchObject([{ guest: 'db1' }]);
  await made.machine.clock.pass(31_000);
  expect(made.ports.store.waitingStops()?.stops).toEqual([]);
  expect(asked(made)).toEqual(['web']);
});

test('another agent stops one that has rebooted before its turn, while nobody was there', async () => {
  const made = await waiting();
  const { machine } = made;
  await made.agent.control.stopTogether({ mark: undefined }, { kill: false, timeoutMs: 20_000 }, caller);
  await machine.clock.pass(100);
  dies(machine);
  machine.stop('db1');
  machine.start('db1').keeper = 'keeper of db1';
  const second = await nextAgent(made);
  machine.stop('web');
  await machine.clock.pass(100);
  expect(asked(second)).toEqual(['web', 'db1']);
});

test('asked for again it changes nothing, and a kill is for all of them', async () => {
  const made = await staged({ db1: [], web: ['db1'] });
  await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(1000);
  await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller);
  await made.machine.clock.pass(59_100);
  expect(made.agent.control.guest('web')?.state).toBe('stopped');
  await made.agent.control.stopTogether({ mark: undefined }, { kill: true }, caller);
  await made.machine.clock.pass(100);
  expect(made.agent.control.guest('db1')?.state).toBe('stopped');
});

test('one that was killed before and does not end holds up nobody', async () => {
  const made = await staged({ db1: [], web: ['db1'] });
  const web = made.machine.guests.get('web');
  if (web) web.isUnkillable = true;
  await made.agent.control.stopTogether({ mark: undefined }, { kill: true }, caller);
  await made.machine.clock.pass(20_000);
  expect(made.agent.control.guest('db1')?.state).toBe('stopped');
  expect(await made.agent.control.stopTogether({ mark: undefined }, gracefully, caller)).toMatchObject([
    { guest: 'web', state: 'wedged' },
  ]);
});

test('another agent stops those that the last one had not come to, but none that has started anew since', async () => {
  const made = await staged({ storage: [], db1: ['storage'], web: ['db1', 'storage'] });
  const { machine } = made;
  await made.agent.control.stopTogether({ mark: undefined }, { kill: false, timeoutMs: 20_000 }, caller);
  await machine.clock.pass(100);
  dies(machine);
  machine.stop('storage');
  machine.start('storage');
  const second = await nextAgent(made);
  expect(asked(second)).toEqual(['web']);
  machine.stop('web');
  await machine.clock.pass(100);
  expect(asked(second)).toEqual(['web', 'db1']);
  await machine.clock.pass(20_100);
  expect(second.agent.control.guest('db1')?.state).toBe('stopped');
  await machine.clock.pass(20_100);
  expect(second.agent.control.guest('storage')?.state).toBe('running');
  expect(made.ports.store.waitingStops()?.stops).toEqual([]);
});
