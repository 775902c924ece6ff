import { expect, test } from 'vitest';
import type { Belonging, LeftBelonging } from '../../../src/model/belongings.ts';
import type { Failed } from '../../../src/ports/executor.ts';
import type { Store } from '../../../src/ports/store.ts';
import { serial } from '../../devices/make.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

const NET: Belonging = { kind: 'net', id: 'net:1:2', name: '' };
const LINK: Belonging = { kind: 'link', id: 'link:7', name: 'vethA' };
const CGROUP: Belonging = { kind: 'cgroup', id: 'cgroup:1:2:/lxc.payload.web', name: '/lxc.payload.web' };
const LOOP: Belonging = { kind: 'loop', id: 'loop:3:4', name: '/dev/loop3' };
const left = (...all: readonly Belonging[]): readonly LeftBelonging[] => all.map((one) => ({ ...one, pinners: [] }));
const HELPER = { pid: 412, startTime: '7', command: 'nc\x1b', how: 'in', cgroup: '/user.slice', mount: '' } as const;
const CALLER = { uid: 0, pid: 4711 };
const KEPT: LeftBelonging = { ...NET, pinners: [HELPER] };

async function agentOn(machine: Machine, store: Store = memoryStore()): Promise<Stage & { readonly store: Store }> {
  const made = stage(machine, configOf(), portsOf(machine, configOf(), store));
  await made.agent.start();
  await machine.clock.pass(500);
  return { ...made, store };
}

function running(): Machine {
  const machine = new Machine();
  machine.guests.set('web', undefined);
  machine.belongings.set('web', [NET, LINK, CGROUP]);
  machine.start('web');
  return machine;
}

const told = ({ agent }: Stage) =>
  agent.control.events(0).flatMap(({ says }) => (/left|LEFTOVERS/.test(says) ? says.replace(/; end who.*$/, '') : []));
const taken = ({ machine }: Stage) => machine.asked.flatMap((line) => line.match(/(?<=take-away ).*/)?.[0] ?? []);
const codes = ({ agent }: Stage) => agent.control.guest('web')?.refusals.map(({ code }) => code) ?? [];

test('a guest that leaves nothing is told of nobody, and nothing is kept of it', async () => {
  const made = await agentOn(running());
  expect(made.store.belongings('web')?.starts).toHaveLength(1);
  made.machine.stop('web');
  await made.machine.clock.pass(5000);
  expect([told(made), taken(made), made.store.belongings('web')]).toEqual([[], [], undefined]);
});

test('what is left is taken away when its runtime has cleared away, and told', async () => {
  const made = await agentOn(running());
  made.machine.monitors.add('web');
  made.machine.leavings = [KEPT, ...left(LINK, CGROUP)];
  made.machine.stop('web');
  await made.machine.clock.pass(5000);
  expect(taken(made)).toEqual([]);
  made.machine.monitors.clear();
  await made.machine.clock.pass(5000);
  expect(told(made)).toEqual([
    'web: had left interface vethA, which is taken away',
    'web: had left cgroup /lxc.payload.web, which is taken away',
    expect.stringMatching(/^W_LEFTOVERS web: .*: its network namespace, kept by nc/),
  ]);
  made.machine.leavings = [];
  await made.machine.clock.pass(60_000);
  expect(made.store.belongings('web')).toBeUndefined();
});

test('what all guests of its runtime share is cleared when nothing else is left, and asked for again as long as somebody uses it', async () => {
  const made = await agentOn(running());
  const { clock } = made.machine;
  const cleared: number[] = [];
  let use: Failed | undefined = { errno: 'EBUSY', call: 'rmdir', subject: '/lxc.pivot' };
  made.machine.refuse = (_, what) => {
    if (what !== 'clear-shared') return undefined;
    cleared.push(clock.now());
    return use;
  };
  made.machine.leavings = left(CGROUP);
  made.machine.monitors.add('web');
  made.machine.stop('web');
  await clock.pass(1000);
  expect(cleared).toEqual([]);
  made.machine.monitors.clear();
  await clock.pass(10 * 60_000);
  expect([told(made), codes(made)]).toEqual([['web: had left cgroup /lxc.payload.web, which is taken away'], []]);
  expect(cleared.length).toBeGreaterThan(5);
  expect(cleared.length).toBeLessThan(50);
  use = undefined;
  await clock.pass(20 * 60_000);
  expect(made.store.belongings('web')).toBeUndefined();
  const tries = cleared.length;
  await clock.pass(60 * 60_000);
  expect(cleared).toHaveLength(tries);
});

test('what all guests share stays where it cannot be cleared, and keeps no start waiting', async () => {
  const made = await agentOn(running());
  made.machine.refuse = (_, what) =>
    what === 'clear-shared' ? { errno: 'EROFS', call: 'rmdir', subject: '/lxc.pivot' } : undefined;
  made.machine.stop('web');
  await made.machine.clock.pass(5000);
  expect([told(made), codes(made), made.store.belongings('web')]).toEqual([[], [], undefined]);
  made.machine.refuse = (_, what) =>
    what === 'clear-shared' ? { errno: 'EBUSY', call: 'rmdir', subject: '/lxc.pivot' } : undefined;
  made.machine.start('web');
  await made.machine.clock.pass(5000);
  made.machine.stop('web');
  await made.machine.clock.pass(2000);
  made.agent.control.start({ guests: ['web'] }, {}, CALLER);
  await made.machine.clock.pass(500);
  expect(made.machine.asked.filter((line) => line.includes('start-guest'))).toHaveLength(1);
});

test('a cgroup that is left in several hierarchies is taken away in each, and told once', async () => {
  const ids = ['cgroup:1:2:/lxc.payload.web', 'cgroup:2:2:/lxc.payload.web', 'cgroup:3:2:/lxc.payload.web'];
  const machine = running();
  machine.leavings = left(...ids.map((id) => ({ ...CGROUP, id })));
  machine.belongings.set('web', machine.leavings);
  const made = await agentOn(machine);
  made.machine.stop('web');
  await made.machine.clock.pass(5000);
  expect([taken(made), told(made)]).toEqual([ids, ['web: had left cgroup /lxc.payload.web, which is taken away']]);
});

test('who keeps something is told once, as long as he does, also where it cannot be taken away', async () => {
  const made = await agentOn(running());
  made.machine.refuse = (_, what) =>
    what === 'take-away' ? { errno: 'EBUSY', call: 'net', subject: '412' } : undefined;
  made.machine.leavings = [KEPT, ...left(LINK)];
  made.machine.stop('web');
  await made.machine.clock.pass(60_000);
  expect(told(made)).toEqual([
    'W_LEFTOVERS web: has ended, and something of it is left: its network namespace, ' +
      'kept by nc\\x1b (process 412, in cgroup /user.slice); interface vethA',
  ]);
  expect(codes(made)).toEqual(['W_LEFTOVERS']);
  made.machine.leavings = [];
  await made.machine.clock.pass(120_000);
  expect(codes(made)).toEqual([]);
});

test('a loop device is known as soon as the kernel tells of it, although no rule asks for any', async () => {
  const made = await agentOn(running());
  await made.machine.clock.pass(6000);
  made.machine.belongings.set('web', [NET, LOOP]);
  made.machine.uevent('kernel', 'change', serial({ devpath: '/devices/virtual/block/loop3', subsystem: 'block' }));
  await made.machine.clock.pass(10);
  expect(made.store.belongings('web')?.starts[0]?.has).toContainEqual(LOOP);
});

test('another agent sees to what was left while none ran', async () => {
  const machine = running();
  const { store } = await agentOn(machine);
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
  machine.leavings = left(CGROUP);
  machine.stop('web');
  const next = await agentOn(machine, store);
  await machine.clock.pass(5000);
  expect(taken(next)).toEqual([CGROUP.id]);
});

test('what another agent has told of is not told again, and still shown as long as it is there', async () => {
  const made = await agentOn(running());
  made.machine.leavings = [KEPT];
  made.machine.stop('web');
  await made.machine.clock.pass(5000);
  expect(told(made)).toHaveLength(1);
  made.machine.clock.silence();
  made.machine.line.cut();
  made.machine.startExecutor();
  const next = await agentOn(made.machine, made.store);
  await made.machine.clock.pass(60_000);
  expect([told(next), codes(next)]).toEqual([[], ['W_LEFTOVERS']]);
});

test('what was written down before the host started anew is nothing that is there', async () => {
  const machine = new Machine();
  machine.guests.set('web', undefined);
  const store = memoryStore();
  const of = { pid: 31, startTime: '9', cgroup: '/lxc.payload.web' };
  store.saveBelongings('web', { bootId: 'another', starts: [{ of, has: [CGROUP] }] });
  machine.leavings = left(CGROUP);
  const made = await agentOn(machine, store);
  await machine.clock.pass(60_000);
  expect([taken(made), codes(made)]).toEqual([[], []]);
});

test('what cannot be looked at is asked for less and less often, and keeps no stop waiting', async () => {
  const made = await agentOn(running());
  const asked: number[] = [];
  made.machine.refuse = (_, what) => {
    if (what !== 'leavings') return undefined;
    asked.push(made.machine.clock.now());
    return { errno: 'ETIMEDOUT', call: 'worker', subject: 'net' };
  };
  made.machine.leavings = [KEPT];
  made.machine.stop('web');
  await made.machine.clock.pass(8000);
  made.machine.belongings.clear();
  made.agent.control.start({ guests: ['web'] }, {}, CALLER);
  await made.machine.clock.pass(500);
  expect(made.machine.asked.filter((line) => line.includes('start-guest'))).toHaveLength(1);
  await made.machine.clock.pass(10 * 60_000);
  expect(asked.length).toBeLessThan(20);
  made.machine.refuse = () => undefined;
  await made.machine.clock.pass(70_000);
  expect(codes(made)).toEqual(['W_LEFTOVERS']);
});

test('what a later start has as well is not taken from it', async () => {
  const made = await agentOn(running());
  made.machine.leavings = [KEPT, ...left(LINK, CGROUP)];
  made.machine.belongings.set('web', [CGROUP]);
  made.machine.stop('web');
  made.machine.start('web');
  await made.machine.clock.pass(5000);
  expect(taken(made)).toEqual([LINK.id]);
});

test('a guest that is stopped while it waits for what is left of the start before is not started', async () => {
  const made = await agentOn(running());
  made.machine.leavings = [KEPT];
  made.machine.stop('web');
  await made.machine.clock.pass(200);
  made.agent.control.start({ guests: ['web'] }, {}, CALLER);
  await made.machine.clock.pass(200);
  made.agent.control.stop('web', { kill: false }, CALLER);
  await made.machine.clock.pass(20_000);
  expect(made.machine.asked.filter((line) => line.includes('start-guest'))).toEqual([]);
  expect(made.agent.control.events(0).map(({ says }) => says)).toContain('web: was not started');
});
