import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import type { Life } from '../../../src/ports/life.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';

const caller = { uid: 0, pid: 1 };
const gentle = { kill: false };

/** web waits for db. Init is there some time after its runtime was asked, and the runtime answers some time after that. */
async function staged(comesMs: number, answersMs: number, web: Partial<Config['guests'][number]> = {}): Promise<Stage> {
  const machine = new Machine();
  for (const name of ['web', 'db']) machine.guests.set(name, undefined);
  const guests = [
    { guest: 'web', start: { ...USUAL_START, after: ['db'] }, ...web },
    { guest: 'db', start: USUAL_START },
  ];
  const config: Config = { ...configOf(), guests };
  const later = (ms: number, act: () => void) => machine.clock.wake(machine.clock.now() + ms, act);
  machine.onStart = (name) => {
    later(comesMs, () => void (machine.guests.get(name) ?? machine.start(name)));
  };
  const ports = portsOf(machine, config);
  const busy = new Set<string>();
  const start: Life['start'] = async (guest) => {
    // As the executor: one start of a name at a time.
    if (busy.has(guest.name)) return { ok: false, failed: { errno: 'EBUSY', call: 'busy', subject: guest.name } };
    busy.add(guest.name);
    const answer = await ports.life.start(guest);
    await new Promise<void>((resolve) => later(answersMs, resolve));
    busy.delete(guest.name);
    return answer;
  };
  const made = stage(machine, config, { ...ports, life: { ...ports.life, start } });
  await made.agent.start();
  await atRest();
  return made;
}

async function start({ agent, machine }: Stage, ms: number, ...guests: readonly string[]): Promise<void> {
  agent.control.start({ guests }, {}, caller);
  await machine.clock.pass(ms);
}

function stateOf({ agent }: Stage, guest: string): string | undefined {
  return agent.control.guest(guest)?.state;
}

function asked({ machine }: Stage, guest: string): number {
  return machine.asked.filter((line) => line.startsWith(`${guest} start-guest`)).length;
}

function stops({ agent }: Stage, guest: string): readonly string[] {
  return agent.control
    .events(0)
    .flatMap((event) => (event.kind === 'stop' && event.guest === guest ? (event.action ?? '') : []));
}

test('one that somebody stopped while its runtime was at work on it and others waited for it can be started again', async () => {
  const made = await staged(200, 500);
  await start(made, 100, 'web');
  await made.agent.control.stop('db', gentle, caller);
  await made.machine.clock.pass(60_000);
  expect([stateOf(made, 'db'), asked(made, 'db')]).toEqual(['stopped', 1]);
  await start(made, 5000, 'db');
  expect([stateOf(made, 'db'), asked(made, 'db')]).toEqual(['running', 2]);
});

test('one that is wanted again while its runtime is still at work on it is that start, and was not stopped', async () => {
  const made = await staged(200, 500);
  await start(made, 100, 'web');
  await made.agent.control.stop('db', gentle, caller);
  await start(made, 5000, 'db');
  expect([stateOf(made, 'db'), asked(made, 'db')]).toEqual(['running', 1]);
  expect(stops(made, 'db')).toEqual(['withdrawn']);
});

test('a restart before the runtime has answered starts it again, when it has', async () => {
  const made = await staged(50, 3000);
  await start(made, 500, 'db');
  made.agent.control.restart({ guests: ['db'] }, gentle, caller);
  await made.machine.clock.pass(2000);
  expect([stateOf(made, 'db'), asked(made, 'db')]).toEqual(['stopped', 1]);
  await made.machine.clock.pass(10_000);
  expect([stateOf(made, 'db'), asked(made, 'db')]).toEqual(['running', 2]);
  expect(made.agent.control.guest('db')?.refusals).toEqual([]);
});

test('one that ends by itself before its runtime has answered is started again', async () => {
  const crash = { delayMs: 1000, mostMs: 60_000, stableMs: 600_000, budget: 10 };
  const made = await staged(50, 3000, { start: USUAL_START, restart: { crash } });
  await start(made, 1500, 'web');
  made.machine.stop('web');
  await made.machine.clock.pass(30_000);
  expect([stateOf(made, 'web'), asked(made, 'web')]).toEqual(['running', 2]);
});

test('a stop that waits for the end of the request before it starts nothing', async () => {
  const made = await staged(50, 3000);
  await start(made, 500, 'db');
  made.agent.control.restart({ guests: ['db'] }, gentle, caller);
  await made.machine.clock.pass(1000);
  await made.agent.control.stop('db', gentle, caller);
  await made.machine.clock.pass(60_000);
  expect([stateOf(made, 'db'), asked(made, 'db'), stops(made, 'db').at(-1)]).toEqual(['stopped', 1, 'stopped']);
});

test('who waits for the stop of one that is wanted again before it is there hears that', async () => {
  const made = await staged(1000, 0);
  await start(made, 200, 'db');
  expect((await made.agent.control.stop('db', gentle, caller)).state).toBe('stopping');
  await start(made, 5000, 'web');
  expect(stops(made, 'db')).toEqual(['withdrawn']);
  expect([stateOf(made, 'db'), stateOf(made, 'web')]).toEqual(['running', 'running']);
});

test('who waits for the stop of one that is taken from this host hears that', async () => {
  const made = await staged(3_600_000, 0);
  await start(made, 200, 'db');
  expect((await made.agent.control.stop('db', gentle, caller)).state).toBe('stopping');
  made.machine.guests.delete('db');
  made.machine.folderChanged('db');
  await made.machine.clock.pass(1000);
  expect([stateOf(made, 'db'), stops(made, 'db')]).toEqual([undefined, ['withdrawn']]);
});

test.each([
  ['has not answered', 500],
  ['has answered', 0],
])(
  'one that is stopped, wanted and stopped again while its runtime %s, and its turn is not yet, ends',
  async (_, ms) => {
    const made = await staged(1000, ms);
    await start(made, 100, 'db');
    await made.agent.control.stop('db', gentle, caller);
    made.agent.control.restart({ guests: ['db'] }, gentle, caller);
    const views = await made.agent.control.stopTogether({ mark: undefined }, gentle, caller);
    expect(views).toMatchObject([{ guest: 'db', state: 'stopping' }]);
    await made.machine.clock.pass(60_000);
    expect([stateOf(made, 'db'), stops(made, 'db').at(-1)]).toEqual(['stopped', 'stopped']);
  },
);

test('what is asked of its runtime twice while others wait for it is stopped both times', async () => {
  const made = await staged(2000, 3000);
  await start(made, 100, 'web');
  for (const _ of [1, 2]) expect((await made.agent.control.stop('db', gentle, caller)).state).toBe('stopping');
  await made.machine.clock.pass(60_000);
  expect([stateOf(made, 'db'), stops(made, 'db').at(-1)]).toEqual(['stopped', 'stopped']);
});

test('one that is begun before it is known that it had ended by itself is stopped where somebody wants that', async () => {
  const crash = { delayMs: 1000, mostMs: 60_000, stableMs: 600_000, budget: 10 };
  const made = await staged(1000, 0, { start: USUAL_START, restart: { crash } });
  await start(made, 5000, 'web');
  made.machine.monitors.add('web');
  made.machine.stop('web');
  await start(made, 100, 'web');
  made.machine.monitors.delete('web');
  made.machine.folderChanged('web');
  await made.machine.clock.pass(300);
  const views = await made.agent.control.stopTogether({ mark: undefined }, gentle, caller);
  expect(views).toMatchObject([{ guest: 'web', state: 'stopping' }]);
  await made.machine.clock.pass(60_000);
  expect([stateOf(made, 'web'), stops(made, 'web').at(-1)]).toEqual(['stopped', 'stopped']);
});

test('one that its runtime brings up already is not put off for the crash before it', async () => {
  const crash = { delayMs: 20_000, mostMs: 60_000, stableMs: 600_000, budget: 10 };
  const made = await staged(6000, 0, { start: USUAL_START, restart: { crash } });
  await start(made, 10_000, 'web');
  made.machine.monitors.add('web');
  made.machine.stop('web');
  await start(made, 5000, 'web');
  made.machine.monitors.delete('web');
  await made.machine.clock.pass(10_000);
  const ready = made.agent.control.events(0).filter((event) => event.kind === 'start' && event.action === 'ready');
  expect([asked(made, 'web'), ready.length]).toEqual([2, 2]);
});

test('one that is wanted again and ends before its turn to be stopped is started when it is gone', async () => {
  const made = await staged(10, 0);
  made.machine.onHalt = () => {};
  await start(made, 5000, 'web');
  await made.agent.control.stopTogether({ mark: undefined }, gentle, caller);
  await start(made, 100, 'db');
  made.machine.monitors.add('db');
  made.machine.stop('db');
  await made.machine.clock.pass(200);
  made.machine.monitors.delete('db');
  await made.machine.clock.pass(5000);
  expect([stateOf(made, 'db'), asked(made, 'db')]).toEqual(['running', 2]);
});

test('one that waits for a guest that is not on this host is held at once, and started when that is there and ready', async () => {
  const made = await staged(10, 0, { start: { ...USUAL_START, after: ['ghost'] } });
  await start(made, 500, 'web');
  const told = made.agent.control.events(0).filter(({ kind }) => kind === 'refusal');
  expect(told.map(({ says }) => says)).toEqual([
    expect.stringMatching(/^E_START ghost: was not started: no guest of that name is on this host/),
    expect.stringMatching(/^W_HELD web: is not started before ghost is ready/),
  ]);
  expect([asked(made, 'web'), asked(made, 'ghost')]).toEqual([0, 0]);
  made.machine.guests.set('ghost', undefined);
  made.machine.folderChanged('ghost');
  await start(made, 5000, 'ghost');
  expect([stateOf(made, 'ghost'), stateOf(made, 'web')]).toEqual(['running', 'running']);
});
