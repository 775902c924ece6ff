import { expect, test } from 'vitest';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { startedStage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const CONFIG = { ...configOf(), policies: [policy({ guests: ['*'], processes: 40 })] };

test('what a guest hit before anybody looked is shown and told to nobody, and what it hits from then on is', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  start.counters = { 'oom-kill': 5, processes: 37 };
  const { agent, log } = await startedStage(CONFIG, machine);
  await machine.clock.pass(1000);
  const told = () => log.map(({ message }) => message).filter((message) => message.includes('hit'));
  expect(agent.control.limits('web1')[0]?.rows.find(({ resource }) => resource === 'processes')?.hits).toBe(37);
  expect(told()).toEqual([]);
  start.counters = { 'oom-kill': 5, processes: 38 };
  agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'pids.events' });
  await machine.clock.pass(1000);
  expect(told()).toEqual(['web1: processes: 1 hit']);
});
