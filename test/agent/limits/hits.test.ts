import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/ports/store.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
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

test('what is taken back of a cache, with or without room in swap, is counted and told to nobody', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  const { agent, log } = await startedStage(CONFIG, machine);
  await machine.clock.pass(1000);
  start.counters = { rss: 4711, swap: 42 };
  agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
  await machine.clock.pass(1000);
  const rows = agent.control.limits('web1')[0]?.rows ?? [];
  expect(rows.map(({ resource, hits }) => [resource, hits])).toMatchObject([['rss', 4711], ['as', 42], {}, {}, {}]);
  expect(log.filter(({ message }) => message.includes('hit'))).toEqual([]);
});

describe('a guest that ends a moment after it hit its limit', () => {
  async function watched() {
    const machine = new Machine();
    const start = machine.start('web1');
    const { agent, log } = await startedStage(CONFIG, machine);
    await machine.clock.pass(5000);
    const hit = (processes: number) => {
      start.counters = { processes };
      agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'pids.events' });
    };
    const hits = () => agent.control.limits('web1')[0]?.rows.find(({ resource }) => resource === 'processes')?.hits;
    return { machine, agent, start, log, hit, hits };
  }

  test('has what was told of last counted, although nobody looked since and its cgroup is gone', async () => {
    const { machine, hit, hits, log } = await watched();
    hit(1);
    await machine.clock.pass(100);
    hit(7);
    machine.stop('web1');
    await machine.clock.pass(120_000);
    expect(hits()).toBe(7);
    expect(log.at(-1)?.message).toMatch(/^web1: processes: 7 hits in \d+ s, over now$/);
  });

  test('is looked at before anything else is done about its end', async () => {
    const { machine, agent, start, hits } = await watched();
    start.counters = { processes: 7 };
    machine.lingering.set(start.instance.pid, start);
    machine.stop('web1');
    agent.handle({ kind: 'guest-gone', guest: 'web1' });
    machine.lingering.delete(start.instance.pid);
    await machine.clock.pass(1000);
    expect(hits()).toBe(7);
  });
});

test('a guest that is held back all the time costs a write of its ledger in half a minute, and a refused process one in a second', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  const store = memoryStore();
  let saves = 0;
  const counting: Store = {
    ...store,
    saveLimits(name, ledger) {
      saves += 1;
      return store.saveLimits(name, ledger);
    },
  };
  const made = stage(machine, CONFIG, portsOf(machine, CONFIG, counting));
  await made.agent.start();
  await machine.clock.pass(40_000);
  const hit = async (resource: 'cpu' | 'processes', seconds: number) => {
    saves = 0;
    for (let at = 0; at < seconds; at += 1) {
      start.counters = { ...start.counters, [resource]: (start.counters[resource] ?? 0) + 1 };
      made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'pids.events' });
      await machine.clock.pass(1000);
    }
    return saves;
  };
  expect(await hit('cpu', 60)).toBeLessThanOrEqual(3);
  expect(await hit('processes', 10)).toBeGreaterThanOrEqual(9);
  expect(await hit('cpu', 5)).toBe(0);
  made.agent.end();
  expect(store.limits('web1')?.hits.hits.cpu?.total).toBe(65);
});
