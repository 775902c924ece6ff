import { expect, test } from 'vitest';
import type { Answer } from '../../../src/ports/executor.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const BY_DATA = policy({
  guests: ['*'],
  memory: { addressSpace: { limit: 2 ** 28, enforce: 'data' } },
  processes: 40,
});

/** A guest whose processes are not limited before `goesOn` is called. */
async function waiting() {
  const machine = new Machine();
  const start = machine.start('web1');
  start.counters = { 'oom-kill': 0, processes: 0 };
  const config = { ...configOf(), policies: [BY_DATA] };
  const ports = portsOf(machine, config);
  const waits: ((answer: Answer<number>) => void)[] = [];
  const limitData = () => new Promise<Answer<number>>((resolve) => waits.push(resolve));
  const made = stage(machine, config, { ...ports, cgroups: { ...ports.cgroups, limitData } });
  void made.agent.start();
  await atRest();
  const goesOn = () => {
    for (const answer of waits.splice(0)) answer({ ok: true, value: 1 });
    return atRest();
  };
  return { made, start, goesOn, waits };
}

function hits({ agent }: Stage): number | undefined {
  return agent.control.limits('web1')[0]?.rows.find((row) => row.resource === 'processes')?.hits;
}

async function killed(
  { made, start }: Pick<Awaited<ReturnType<typeof waiting>>, 'made' | 'start'>,
  named: boolean,
): Promise<void> {
  start.counters = { 'oom-kill': 1, processes: 0 };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
  if (named) made.agent.handle({ kind: 'oom-kill', pid: 101, command: 'hog', cgroup: '/lxc.payload.web1' });
  await made.machine.clock.pass(500);
}

const says = ({ log }: Stage) => log.map(({ message }) => message).filter((message) => message.includes('killed'));

test.each([
  ['with its name', true, 'web1: out of memory, killed: 1 hit, hog (process 101)'],
  ['without its name a moment later', false, 'web1: out of memory, killed: 1 hit'],
])('a kill is told %s although a pass waits for something else', async (_how, named, told) => {
  const world = await waiting();
  await killed(world, named);
  expect(says(world.made)).toEqual([told]);
  await world.goesOn();
  expect(says(world.made)).toEqual([told]);
});

test('a kill is told although the write that it was forced by goes on', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  start.counters = { 'oom-kill': 0 };
  start.memory = { current: 2 ** 29, fixed: 2 ** 29, swapFree: 0 };
  const config = { ...configOf(), policies: [policy({ guests: ['*'], memory: { limit: 2 ** 28 } })] };
  const ports = portsOf(machine, config);
  const { promise, resolve } = Promise.withResolvers<Answer<void>>();
  const made = stage(machine, config, { ...ports, cgroups: { ...ports.cgroups, writeByForce: () => promise } });
  await made.agent.start();
  const applied = made.agent.control.applyByForce('web1', { uid: 0, pid: 1 });
  await atRest();
  await killed({ made, start }, true);
  expect(says(made)).toEqual(['web1: out of memory, killed: 1 hit, hog (process 101)']);
  resolve({ ok: true, value: undefined });
  await applied;
});

test('a pass that sees a kill waits for nothing before it is told', async () => {
  const world = await waiting();
  for (const restMs of [200, 800, 9_900]) {
    await world.goesOn();
    await world.made.machine.clock.pass(restMs);
  }
  world.start.counters = { 'oom-kill': 1, processes: 0 };
  await world.made.machine.clock.pass(700);
  expect(says(world.made)).toEqual(['web1: out of memory, killed: 1 hit']);
  expect(world.waits).toHaveLength(1);
});

test('what is counted at the end of a guest is not counted again by a look that had begun before', async () => {
  const { made, start, goesOn } = await waiting();
  await goesOn();
  start.counters = { 'oom-kill': 0, processes: 5 };
  await made.machine.clock.pass(10_000);
  start.counters = { 'oom-kill': 0, processes: 7 };
  made.machine.lingering.set(start.instance.pid, start);
  made.machine.stop('web1');
  await atRest();
  expect(hits(made)).toBe(7);
  await goesOn();
  expect(hits(made)).toBe(7);
});
