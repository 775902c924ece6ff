import { expect, test } from 'vitest';
import type { Config } from '../../../src/model/config.ts';
import type { ThrashPolicy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy } from '../../limits/policy.ts';

const MiB = 2 ** 20;
const FREEZE: ThrashPolicy = { action: 'freeze', pressure: 0.6, hits: 100, forMs: 10_000, headroom: 64 * MiB };

function config(thrash: ThrashPolicy | 'none' = FREEZE): Config {
  const memory = { limit: 512 * MiB, oom: 'process' as const, ...(thrash !== 'none' && { thrash }) };
  return { ...configOf(), policies: [policy({ guests: ['*'], memory })] };
}

async function begin(made = config(), machine = machineWithGuest(), store = memoryStore()): Promise<Stage> {
  const one = stage(machine, made, portsOf(machine, made, store));
  await one.agent.start();
  await atRest();
  return one;
}

function machineWithGuest(): Machine {
  const machine = new Machine();
  machine.start('web1').counters = { rss: 0 };
  return machine;
}

/** It does nothing but wait for its own memory for so long, whenever it is not frozen. */
async function thrash({ machine }: Stage, seconds: number): Promise<void> {
  for (let at = 0; at < seconds * 10; at += 1) {
    const start = machine.guests.get('web1');
    if (start === undefined) return;
    start.memoryStall = 0.9;
    if (!start.isFrozen) {
      start.counters = { ...start.counters, rss: (start.counters.rss ?? 0) + 50 };
      machine.fileChanged('web1', 'memory.events');
    }
    await machine.clock.pass(100);
  }
}

async function rest({ machine }: Stage, seconds: number): Promise<void> {
  const start = machine.guests.get('web1');
  if (start) start.memoryStall = 0;
  for (let at = 0; at < seconds; at += 1) await machine.clock.pass(1_000);
}

const frozen = ({ machine }: Stage) => machine.guests.get('web1')?.isFrozen === true;
const limit = ({ machine }: Stage) => machine.guests.get('web1')?.limits['memory.max'];
const freezes = ({ machine }: Stage) => machine.asked.filter((line) => line === 'host freeze /lxc.payload.web1').length;
const told = ({ log }: Stage) =>
  log.map(({ message }) => message).filter((line) => /web1: (frozen|goes|thrash)/.test(line));

test('a guest that thrashes is frozen and told of, gets more memory, and goes on', async () => {
  const made = await begin();
  await thrash(made, 10);
  expect(frozen(made)).toBe(false);
  await thrash(made, 2);
  expect(frozen(made)).toBe(true);
  expect(limit(made)).toBe(`${512 * MiB}`);
  await thrash(made, 3);
  expect(frozen(made)).toBe(false);
  expect(limit(made)).toBe(`${576 * MiB}`);
  expect(told(made)).toEqual([
    expect.stringMatching(/^web1: thrashing: /),
    'web1: frozen for a moment, since it did nothing but wait for its own memory',
    'web1: goes on, with 64 MiB more than its limit for now',
  ]);
});

test('its limit is what it was when it was calm for a minute, and the alert is over', async () => {
  const made = await begin();
  await thrash(made, 15);
  await rest(made, 90);
  expect(limit(made)).toBe(`${512 * MiB}`);
  expect(told(made).at(-1)).toMatch(/^web1: thrashing: .*over now/);
});

test('where the host has nothing to spare it goes on with what it has', async () => {
  const made = await begin();
  made.machine.availableBytes = 63 * MiB;
  await thrash(made, 15);
  expect(freezes(made)).toBe(1);
  expect(frozen(made)).toBe(false);
  expect(limit(made)).toBe(`${512 * MiB}`);
  expect(told(made).at(-1)).toBe('web1: goes on, with what it has');
});

test('it is frozen three times, and then left alone', async () => {
  const made = await begin();
  await thrash(made, 120);
  expect(freezes(made)).toBe(3);
  expect(frozen(made)).toBe(false);
});

test('where somebody only wants to be told nothing is done about it', async () => {
  const made = await begin(config({ ...FREEZE, action: 'alert' }));
  await thrash(made, 30);
  expect(freezes(made)).toBe(0);
  expect(told(made)).toEqual([expect.stringMatching(/^web1: thrashing: /)]);
});

test('without that in its policy nobody looks', async () => {
  const made = await begin(config('none'));
  await thrash(made, 30);
  expect(told(made)).toEqual([]);
});

test('an agent that finds a guest frozen by one that was killed lets it go on before anything else', async () => {
  const store = memoryStore();
  const machine = machineWithGuest();
  const first = await begin(config(), machine, store);
  await thrash(first, 12);
  expect(frozen(first)).toBe(true);
  machine.line.lose('limits-changed');
  machine.clock.silence();
  machine.startExecutor();
  const start = machine.guests.get('web1');
  if (start) start.isFrozen = true; // all of the first were killed at once
  machine.asked.length = 0;
  const second = await begin(config(), machine, store);
  expect(frozen(second)).toBe(false);
  expect(machine.asked.find((line) => line.includes('web1') && line.startsWith('host'))).toBe(
    'host thaw /lxc.payload.web1',
  );
  expect(store.limits('web1')?.frozen).toBeUndefined();
});

test('nobody is frozen of whom that cannot be kept', async () => {
  const store = memoryStore();
  const full = { ...store, saveLimits: () => [{ code: 'E_STATE_WRITE', subject: 'web1' } as const] };
  const made = await begin(config(), machineWithGuest(), full);
  await thrash(made, 30);
  expect(freezes(made)).toBe(0);
});

test('a guest that cannot be frozen goes on, which is told', async () => {
  const made = await begin();
  made.machine.refuse = (_, what) =>
    what === 'freeze' ? { errno: 'EROFS', call: 'limit', subject: 'cgroup.freeze' } : undefined;
  await thrash(made, 13);
  expect(frozen(made)).toBe(false);
  expect(made.log.filter(({ message }) => message.includes('it cannot be frozen: limit EROFS'))).not.toEqual([]);
});

test('where the kernel does not say how long a guest waits that is told', async () => {
  const machine = machineWithGuest();
  machine.tellsMemoryStalls = false;
  const made = await begin(config(), machine);
  expect(made.agent.control.status().warnings.map(({ detail }) => detail)).toContain('there is no memory.pressure');
});

test('a guest that is being stopped goes on at once, and is not frozen as long as that takes', async () => {
  const made = await begin();
  await thrash(made, 12);
  expect(frozen(made)).toBe(true);
  made.machine.beingStopped.add('web1');
  made.agent.handle({ kind: 'folder-changed', id: 'stops', name: '' });
  await made.machine.clock.pass(200);
  expect(frozen(made)).toBe(false);
  await thrash(made, 30);
  expect(freezes(made)).toBe(1);
});
