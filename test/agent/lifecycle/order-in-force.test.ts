import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

const caller = { uid: 0, pid: 1 };

/** What each guest waits for. */
type Order = Readonly<Record<string, readonly string[]>>;

const ordered = (order: Order): Config => ({
  ...configOf(),
  guests: Object.entries(order).map(([guest, after]) => ({ guest, start: { ...USUAL_START, auto: true, after } })),
});

function stopped(...names: readonly string[]): Machine {
  const machine = new Machine();
  for (const name of names) machine.guests.set(name, undefined);
  return machine;
}

async function agentOf(machine: Machine, order: Order, store = memoryStore()): Promise<Stage> {
  const made = stage(machine, ordered(order), portsOf(machine, ordered(order), store));
  await made.agent.start();
  await machine.clock.pass(1000);
  return made;
}

async function reload({ agent, configuration, machine }: Stage, order: Order): Promise<void> {
  configuration.write({ ok: true, config: ordered(order), warnings: [] });
  await agent.control.reload(caller);
  await machine.clock.pass(1000);
}

function begun(machine: Machine): readonly string[] {
  return machine.asked.flatMap((line) => (/ start-guest/.test(line) ? line.replace(/ .*/, '') : []));
}

const start = ({ agent }: Stage, guest: string) => agent.control.start({ guests: [guest] }, {}, caller);

async function nextAgent(machine: Machine, order: Order, store: ReturnType<typeof memoryStore>): Promise<Stage> {
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
  return agentOf(machine, order, store);
}

const TURNED = { web: [], db: ['web'] };

test.each<[string, (made: Stage, store: ReturnType<typeof memoryStore>) => Promise<unknown>]>([
  ['while an agent runs', (made) => reload(made, TURNED)],
  ['and one is asked for again', (made) => reload(made, TURNED).then(() => start(made, 'db'))],
  ['while none runs', ({ machine }, store) => nextAgent(machine, TURNED, store)],
])('guests whose order is turned round %s do not wait for each other', async (_, turn) => {
  const [machine, store] = [stopped('web', 'db'), memoryStore()];
  // web serves the disk of db, which nobody has written down.
  machine.refuse = (guest, what) =>
    guest === 'db' && what === 'start-guest' && machine.guests.get('web') === undefined
      ? { errno: 'EREMOTEIO', call: 'lxc-start', subject: 'no disk' }
      : undefined;
  const made = await agentOf(machine, { web: ['db'], db: [] }, store);
  expect(begun(machine)).toEqual(['db']);
  await turn(made, store);
  await machine.clock.pass(60_000);
  expect([...machine.guests.values()].every((guest) => guest !== undefined)).toBe(true);
  expect(begun(machine).filter((guest) => guest === 'web')).toHaveLength(1);
});

test('one that waits is begun when it waits for nobody any more', async () => {
  const machine = stopped('web', 'db');
  machine.onStart = (guest) => void (guest === 'web' && machine.start(guest));
  const made = await agentOf(machine, { web: ['db'], db: [] });
  expect(begun(machine)).toEqual(['db']);
  await reload(made, { web: [], db: [] });
  expect(begun(machine)).toEqual(['db', 'web']);
});

test('whom one that waits is to wait for by now is started as well, and nobody for one that was begun', async () => {
  const machine = stopped('web', 'db');
  machine.onStart = () => {};
  const made = await agentOf(machine, { web: ['db'], db: [] });
  machine.guests.set('cache', undefined);
  machine.guests.set('disk', undefined);
  machine.folderChanged('cache');
  machine.folderChanged('disk');
  await machine.clock.pass(100);
  await reload(made, { web: ['db', 'cache'], db: ['disk'] });
  expect(begun(machine)).toEqual(['db', 'cache']);
  machine.start('db');
  await machine.clock.pass(1000);
  expect(begun(machine)).toEqual(['db', 'cache']);
  machine.start('cache');
  await machine.clock.pass(1000);
  expect(begun(machine)).toEqual(['db', 'cache', 'web']);
});

test.each([
  ['somebody has stopped', true],
  ['somebody is stopping', false],
])(
  'a guest that %s is not started by a reload after which one that is being started waits for it',
  async (_what, isOver) => {
    const machine = stopped('web', 'x');
    machine.start('db');
    machine.onStart = () => {};
    machine.onHalt = () => {};
    const made = await agentOf(machine, { web: ['x'], db: [], x: [] });
    await made.agent.control.stop('db', { kill: false }, caller);
    if (isOver) machine.stop('db');
    await machine.clock.pass(1000);
    await reload(made, { web: ['x', 'db'], db: [], x: [] });
    if (!isOver) machine.stop('db');
    await machine.clock.pass(5000);
    expect(made.agent.control.guest('db')?.state).toBe('stopped');
    expect(begun(machine)).toEqual(['x']);
  },
);
