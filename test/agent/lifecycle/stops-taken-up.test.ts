import { expect, test } from 'vitest';
import type { StopHook } from '../../../src/model/lifecycle.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

const caller = { uid: 0, pid: 1 };

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

const asked = ({ machine }: Stage) => machine.asked.filter((line) => /^web1 (halt|run-inside|on host)/.test(line));

test('a program in the guest that ended with its agent is run again before the halt', async () => {
  const hook: StopHook = { words: ['pg_ctl', 'stop'], timeoutMs: 20_000, where: 'guest' };
  const second = await twoAgents([hook], async ({ agent, machine }) => {
    machine.onRun = () => new Promise(() => {});
    await agent.control.stop('web1', { kill: false }, caller);
    await machine.clock.pass(2000);
    machine.onRun = async () => 0;
  });
  await second.machine.clock.pass(1000);
  expect(asked(second)).toEqual(['web1 run-inside pg_ctl stop', 'web1 run-inside pg_ctl stop', 'web1 halt signal 12']);
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
