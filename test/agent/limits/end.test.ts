import { expect, test } from 'vitest';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy } from '../../limits/policy.ts';

const CONFIG = { ...configOf(), policies: [policy({ guests: ['*'], memory: { limit: 512 * 2 ** 20 } })] };

test('an agent that ends has told what it saw', async () => {
  const [machine, store] = [new Machine(), memoryStore()];
  const start = machine.start('web1');
  const made = stage(machine, CONFIG, portsOf(machine, CONFIG, store));
  await made.agent.start();
  await atRest();
  start.counters = { processes: 1 };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'pids.events' });
  await atRest();
  start.counters = { processes: 2, 'oom-kill': 1 };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' }); // nobody says yet who was killed
  await atRest();
  made.agent.end();
  const { resources } = store.alerts()?.guests.web1 ?? {};
  expect(resources?.['oom-kill']?.hits).toBe(1);
  expect(resources?.processes?.hits).toBe(2);
});
