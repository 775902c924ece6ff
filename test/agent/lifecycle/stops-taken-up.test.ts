import { expect, test } from 'vitest';
import type { StopHook } from '../../../src/model/lifecycle.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

const caller = { uid: 0, pid: 1 };
const CHECKPOINT: StopHook = { words: ['pg_ctl', 'stop'], timeoutMs: 20_000, where: 'guest' };

/** A host whose agent dies and has a successor. */
async function twoAgents(before: readonly StopHook[], until: (first: Stage) => Promise<void>) {
  const machine = new Machine();
  machine.start('web1');
  const config = { ...configOf(), guests: [{ guest: 'web1', stop: { timeoutMs: 60_000, before } }] };
  const store = memoryStore();
  const first = stage(machine, config, portsOf(machine, config, store));
  await first.agent.start();
  await until(first);
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
  const second = stage(machine, config, portsOf(machine, config, store));
  await second.agent.start();
  return second;
}

/** A guest whose stop has begun a program in it, which does not end by itself. */
async function inItsHook(store = memoryStore()): Promise<Stage> {
  const machine = new Machine();
  machine.start('web1');
  const stop = { timeoutMs: 60_000, before: [CHECKPOINT] };
  const config = { ...configOf(), guests: [{ guest: 'web1', stop }] };
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  machine.onRun = () => new Promise(() => {});
  await made.agent.control.stop('web1', { kill: false }, caller);
  await machine.clock.pass(2000);
  return made;
}

const asked = ({ machine }: Stage) => machine.asked.filter((line) => /^web1 (halt|run-inside|on host)/.test(line));

test('a program in the guest that ended with its agent is run again before the halt', async () => {
  const second = await twoAgents([CHECKPOINT], async ({ agent, machine }) => {
    machine.onRun = () => new Promise(() => {});
    await agent.control.stop('web1', { kill: false }, caller);
    await machine.clock.pass(2000);
    machine.onRun = async () => 0;
  });
  await second.machine.clock.pass(1000);
  expect(asked(second)).toEqual(['web1 run-inside pg_ctl stop', 'web1 run-inside pg_ctl stop', 'web1 halt signal 12']);
});

test('that a program before the halt has failed is known to the next agent, whose own ones end well', async () => {
  const log: StopHook = { ...CHECKPOINT, words: ['log'] };
  const second = await twoAgents([CHECKPOINT, log], async ({ agent, machine }) => {
    machine.onRun = async (words) => (words[0] === 'log' ? new Promise(() => {}) : 3);
    await agent.control.stop('web1', { kill: false }, caller);
    await machine.clock.pass(2000);
    machine.onRun = async () => 0;
  });
  await second.machine.clock.pass(5000);
  expect(asked(second)).toEqual(
    ['run-inside pg_ctl stop', 'run-inside log', 'run-inside log', 'halt signal 12'].map((line) => `web1 ${line}`),
  );
  expect(second.agent.control.events(0)).toContainEqual(
    expect.objectContaining({ kind: 'stop', action: 'stopped', severity: 'warning' }),
  );
});

test('a program in the guest that ended with its executor is run again by the next one, and nothing is told of it', async () => {
  const made = await inItsHook();
  const { machine } = made;
  machine.killExecutor();
  await atRest();
  expect(asked(made)).toEqual(['web1 run-inside pg_ctl stop']);
  machine.onRun = async () => 0;
  await machine.clock.pass(3000);
  expect(asked(made)).toEqual(['web1 run-inside pg_ctl stop', 'web1 run-inside pg_ctl stop', 'web1 halt signal 12']);
  expect(made.log.filter(({ message }) => message.startsWith('E_STOP'))).toEqual([]);
});

test('a guest that was not asked to halt before its time was over is asked by the next agent', async () => {
  const second = await twoAgents([CHECKPOINT], async ({ agent, machine }) => {
    machine.onRun = () => new Promise(() => {});
    await agent.control.stop('web1', { kill: false }, caller);
    await machine.clock.pass(2000);
    machine.clock.silence();
    machine.line.cut();
    await machine.clock.pass(70_000);
  });
  await second.machine.clock.pass(5000);
  expect(asked(second)).toEqual(['web1 run-inside pg_ctl stop', 'web1 halt signal 12']);
  expect(second.machine.asked).not.toContainEqual(expect.stringMatching(/kill-guest/));
});

test('a guest that is to be killed at once is killed by the next agent', async () => {
  const second = await twoAgents([], async ({ agent, machine }) => {
    machine.line.cut();
    await agent.control.stop('web1', { kill: true }, caller);
    await machine.clock.pass(2000);
  });
  await second.machine.clock.pass(1000);
  expect(asked(second)).toEqual([]);
  expect(second.machine.asked).toContainEqual(expect.stringMatching(/kill-guest/));
});

test('an agent that ends has its executor end, and its successor finds the stop where it was', async () => {
  const store = memoryStore();
  const { machine } = await inItsHook(store);
  machine.line.end();
  await machine.clock.pass(3000);
  expect(store.stop('web1')).toMatchObject({ phase: 'quiesce', hooks: 1, halts: { count: 0 } });
});

test('what cannot be killed stays told by the next agent, and is over when it ends', async () => {
  const second = await twoAgents([], async ({ agent, machine }) => {
    const start = machine.guests.get('web1');
    if (start) start.isUnkillable = true;
    machine.onHalt = () => {};
    await agent.control.stop('web1', { kill: true }, caller);
    await machine.clock.pass(20_000);
    if (start) start.others = ['request_wait_answer'];
    machine.stop('web1');
    await machine.clock.pass(1000);
    expect(agent.control.guest('web1')?.refusals.map(({ code }) => code)).toEqual(['E_WEDGED']);
  });
  await second.machine.clock.pass(20_000);
  const codes = () => second.agent.control.guest('web1')?.refusals.map(({ code }) => code);
  expect(codes()).toEqual(['E_WEDGED']);
  for (const start of second.machine.lingering.values()) second.machine.leave(start);
  await second.machine.clock.pass(1000);
  expect(codes()).toEqual([]);
});

test('a kill that is refused for good makes a guest wedged, and holds up nobody', async () => {
  const machine = new Machine();
  machine.start('web1');
  const made = stage(machine, configOf());
  await made.agent.start();
  machine.refuse = (_, what) => (what === 'kill-guest' ? { errno: 'EPERM', call: 'cgroup', subject: '' } : undefined);
  await made.agent.control.stop('web1', { kill: true }, caller);
  await machine.clock.pass(20_000);
  expect(made.agent.control.guest('web1')?.refusals.map(({ code }) => code)).toEqual(['E_WEDGED']);
});

test('a stop that was killed and is not cleared away after yet goes on, also for the next agent', async () => {
  const second = await twoAgents([], async ({ agent, machine }) => {
    machine.monitors.add('web1');
    machine.onHalt = () => {};
    await agent.control.stop('web1', { kill: false, timeoutMs: 5000 }, caller);
    await machine.clock.pass(5500);
  });
  expect(await second.agent.control.stop('web1', { kill: false }, caller)).toMatchObject({ state: 'stopping' });
  await second.machine.clock.pass(15_000);
  const view = await second.agent.control.stop('web1', { kill: false }, caller);
  expect(view).toMatchObject({ state: 'stopped', endedBadly: true });
});

test.each(['lxc', 'nspawn'] as const)(
  'a guest of %s that somebody starts after a stop that was wedged runs on',
  async (runtime) => {
    const machine = new Machine();
    machine.runtime = runtime;
    machine.cgroupOf = (name) =>
      runtime === 'lxc' ? `/lxc.payload.${name}` : `/machine.slice/systemd-nspawn@${name}.service`;
    const start = machine.start('web1');
    start.isUnkillable = true;
    const made = stage(machine, configOf());
    await made.agent.start();
    await made.agent.control.stop('web1', { kill: true }, caller);
    await machine.clock.pass(20_000);
    start.others = ['request_wait_answer'];
    machine.stop('web1');
    await machine.clock.pass(200_000);
    expect(made.agent.control.guest('web1')?.refusals.map(({ code }) => code)).toEqual(['E_WEDGED']);
    const { length } = machine.asked;
    machine.start('web1');
    await machine.clock.pass(10_000);
    expect(machine.asked.slice(length).filter((line) => /halt|kill/.test(line))).toEqual([]);
    expect(made.agent.control.guest('web1')?.state).toBe('running');
  },
);
