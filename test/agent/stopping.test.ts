import { expect, test } from 'vitest';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { type Stage, startedStage } from '../fakes/stage.ts';
import { policy } from '../limits/policy.ts';

const config = { ...configOf(), policies: [policy({ guests: ['*'], processes: 7 })] };

async function staged(): Promise<Stage> {
  const machine = new Machine();
  machine.start('web1');
  const made = await startedStage(config, machine);
  await machine.clock.pass(1_000);
  return made;
}

async function toolRan({ agent, machine }: Stage): Promise<void> {
  agent.handle({ kind: 'folder-changed', id: 'stops', name: '' });
  await machine.clock.pass(200);
}

/** So many processes are refused, and somebody hears of it. */
async function refuses({ agent, machine }: Stage, processes: number): Promise<void> {
  const start = machine.guests.get('web1');
  if (start) start.counters = { ...start.counters, processes: (start.counters.processes ?? 0) + processes };
  agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'pids.events' });
  await machine.clock.pass(2_000);
}

function told({ agent }: Stage): readonly string[] {
  return agent.control
    .events(0)
    .filter(({ kind }) => kind === 'alert')
    .map(({ says }) => says);
}

const [BEGUN, OVER] = ['web1: is being stopped', 'web1: is not being stopped any more'];

function stops({ agent }: Stage): readonly string[] {
  const said = agent.control.events(0).map(({ says }) => says);
  return said.filter((line) => line.includes('being stopped'));
}

function hits({ agent }: Stage): number | undefined {
  return agent.control.limits('web1')[0]?.rows.find(({ resource }) => resource === 'processes')?.hits;
}

test('what happens while a tool stops a guest is counted, and told to nobody', async () => {
  const made = await staged();
  made.machine.beingStopped.add('web1');
  await toolRan(made);
  await refuses(made, 3);
  expect([told(made), hits(made)]).toEqual([[], 3]);
  made.machine.stop('web1');
  await made.machine.clock.pass(300_000);
  expect([told(made), hits(made)]).toEqual([[], 3]);
});

test('what a guest hit in its last moment is told to nobody either, and counted', async () => {
  const made = await staged();
  made.machine.beingStopped.add('web1');
  await toolRan(made);
  const start = made.machine.guests.get('web1');
  if (start) {
    start.counters = { processes: 4 };
    made.machine.lingering.set(start.instance.pid, start);
  }
  made.machine.stop('web1');
  await made.machine.clock.pass(300_000);
  expect([told(made), hits(made)]).toEqual([[], 4]);
});

test('an alert that fires before ends with the guest', async () => {
  const made = await staged();
  await refuses(made, 3);
  made.machine.beingStopped.add('web1');
  await toolRan(made);
  await refuses(made, 2);
  expect(told(made)).toEqual([expect.stringContaining('3 hits')]);
  made.machine.stop('web1');
  await made.machine.clock.pass(300_000);
  expect(told(made)).toEqual([expect.stringContaining('3 hits'), expect.stringContaining('5 hits')]);
  expect(made.agent.control.alerts().open).toEqual([]);
});

test('a tool that has not become itself when it is heard of is seen a moment later', async () => {
  const made = await staged();
  made.agent.handle({ kind: 'folder-changed', id: 'stops', name: '' });
  await made.machine.clock.pass(10);
  made.machine.beingStopped.add('web1');
  await made.machine.clock.pass(200);
  await refuses(made, 3);
  expect(told(made)).toEqual([]);
});

test('a stop that was given up leaves nothing untold that goes on', async () => {
  const made = await staged();
  made.machine.beingStopped.add('web1');
  await toolRan(made);
  made.machine.beingStopped.clear();
  await toolRan(made);
  await refuses(made, 3);
  expect(told(made)).toHaveLength(1);
  expect(stops(made)).toEqual([BEGUN, OVER]);
});

test('the next start of a guest is a new one', async () => {
  const made = await staged();
  made.machine.beingStopped.add('web1');
  await toolRan(made);
  made.machine.stop('web1');
  await made.machine.clock.pass(1_000);
  made.machine.beingStopped.clear();
  made.machine.start('web1');
  await made.machine.clock.pass(1_000);
  await refuses(made, 3);
  expect(told(made)).toHaveLength(1);
});

test('a unit of systemd that ends stops the guest in it, until it does not', async () => {
  const made = await staged();
  const ends = (unit: string, does: boolean) => made.agent.handle({ kind: 'unit', unit, ends: does });
  ends('lxc@web2.service', true);
  ends('lxc@web1.service', true);
  await refuses(made, 1);
  expect(told(made)).toEqual([]);
  ends('lxc@web1.service', false);
  await refuses(made, 1);
  expect(told(made)).toHaveLength(1);
});

test.each<[string, (made: Stage) => void]>([
  ['systemd is run anew', ({ agent }) => agent.handle({ kind: 'systemd', state: 'gone' })],
  ['whoever listens to it has ended', ({ machine }) => machine.killExecutor()],
])('nothing is known of units any more when %s', async (_what, happens) => {
  const made = await staged();
  made.agent.handle({ kind: 'unit', unit: 'lxc.service', ends: true });
  await made.machine.clock.pass(1_000);
  happens(made);
  await made.machine.clock.pass(1_000);
  expect(stops(made)).toEqual([BEGUN, OVER]);
});

test('of tools that nobody heard of, since too much was told at once, is asked', async () => {
  const made = await staged();
  made.machine.beingStopped.add('web1');
  made.agent.handle({ kind: 'watch-overflow' });
  await made.machine.clock.pass(1_000);
  expect(stops(made)).toEqual([BEGUN]);
});

test('an agent that starts while a guest is being stopped says nothing of it', async () => {
  const machine = new Machine();
  machine.start('web1');
  machine.beingStopped.add('web1');
  const made = await startedStage(config, machine);
  await refuses(made, 3);
  expect(told(made)).toEqual([]);
});
