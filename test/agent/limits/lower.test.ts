import { expect, test } from 'vitest';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { type Stage, startedStage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const MiB = 2 ** 20;
const config = { ...configOf(), policies: [policy({ guests: ['*'], memory: { limit: 400 * MiB }, processes: 7 })] };

async function lowered(current: number, fixed: number) {
  const machine = new Machine();
  const start = machine.start('web1');
  start.memory = { current: current * MiB, fixed: fixed * MiB, swapFree: 0 };
  const { agent } = await startedStage(config, machine);
  await machine.clock.pass(1_000);
  return { start, agent, machine, asked: machine.asked.filter((line) => line.startsWith('host ')) };
}

test('what is cached is taken back in steps, then the limit is written', async () => {
  const { start, asked, agent } = await lowered(800, 200);
  expect(start.limits['memory.max']).toBe(`${400 * MiB}`);
  expect(asked.filter((line) => line.startsWith('host reclaim ')).length).toBeGreaterThan(5);
  expect(asked.at(-1)).toMatch(/ memory.max=/);
  expect(start.memory?.current).toBeLessThanOrEqual(400 * MiB);
  expect(agent.control.status().converged).toBe(true);
});

test('what cannot be taken back is told with its amount, the limit stays as it was, and the rest is written', async () => {
  const { start, agent } = await lowered(800, 700);
  expect(start.limits).toMatchObject({ 'memory.max': 'max', 'pids.max': '7' });
  expect(agent.control.guest('web1')?.refusals).toEqual([
    { code: 'E_LIMIT_IN_USE', subject: 'web1', detail: 'that would kill: 700 MiB of its memory cannot be reclaimed' },
  ]);
});

test('a barrier with which the guest would stand still is told with its amounts, unless it is forced', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  start.memory = { current: 800 * MiB, fixed: 700 * MiB, swapFree: 0 };
  const slowed = policy({ guests: ['*'], memory: { barrier: 300 * MiB }, processes: 7 });
  const { agent } = await startedStage({ ...configOf(), policies: [slowed] }, machine);
  await machine.clock.pass(1_000);
  expect(start.limits).toMatchObject({ 'memory.high': 'max', 'pids.max': '7' });
  expect(agent.control.guest('web1')?.refusals).toEqual([
    {
      code: 'E_LIMIT_IN_USE',
      subject: 'web1',
      detail: 'with a barrier of 300 MiB it would stand still: 700 MiB of its memory cannot be reclaimed',
    },
  ]);
  await agent.control.applyByForce('web1', { uid: 0, pid: 1 });
  expect(start.limits['memory.high']).toBe(`${300 * MiB}`);
});

test('a guest that gives nothing is asked twice in a row, told of, and asked again later', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  start.memory = { current: 800 * MiB, fixed: 100 * MiB, swapFree: 0 };
  const gives = { anything: false };
  machine.refuse = (_, what) =>
    what === 'reclaim' && !gives.anything ? { errno: 'EAGAIN', call: 'limit', subject: 'memory.reclaim' } : undefined;
  const { agent } = await startedStage(config, machine);
  const asked = () => machine.asked.filter((line) => line.startsWith('host reclaim ')).length;
  const refusals = () => agent.control.guest('web1')?.refusals.map(({ detail }) => detail);
  expect([asked(), refusals()]).toEqual([1, []]);
  await machine.clock.pass(40);
  expect([asked(), refusals()]).toEqual([2, ['it could not give back 40 MiB']]);
  await machine.clock.pass(25);
  expect(asked()).toBe(3);
  expect(start.limits['memory.max']).toBe('max');
  gives.anything = true;
  await machine.clock.pass(10_000);
  expect(start.limits['memory.max']).toBe(`${400 * MiB}`);
  expect(refusals()).toEqual([]);
});

async function reloadWith(mebibytes: number, { agent, configuration }: Pick<Stage, 'agent' | 'configuration'>) {
  const policies = [policy({ guests: ['*'], memory: { limit: mebibytes * MiB } })];
  configuration.write({ ok: true, config: { ...config, policies }, warnings: [] });
  await agent.control.reload({ uid: 0, pid: 1 });
}

/** A guest of whose 800 MiB nothing is given back, whatever may go into swap. */
async function stubborn() {
  const machine = new Machine();
  const start = machine.start('web1');
  start.memory = { current: 800 * MiB, fixed: 800 * MiB, swapFree: 8000 * MiB };
  machine.refuse = (_, what) =>
    what === 'reclaim' ? { errno: 'EAGAIN', call: 'limit', subject: 'memory.reclaim' } : undefined;
  return { start, ...(await startedStage(config, machine)) };
}

test('a guest that gives nothing is not limited however long it is asked', async () => {
  const { start, agent, machine } = await stubborn();
  for (let at = 0; at < 120_000; at += 1_000) await machine.clock.pass(1_000);
  expect(start.limits['memory.max']).toBe('max');
  expect(agent.control.guest('web1')?.refusals.map(({ code }) => code)).toEqual(['E_LIMIT_IN_USE']);
});

test('room that was made for one limit a while ago is none for a lower one', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  const full = { current: 800 * MiB, fixed: 100 * MiB, swapFree: 0 };
  Object.defineProperty(start, 'memory', { get: () => ({ ...full }) });
  const { agent, configuration } = await startedStage(config, machine);
  for (let at = 0; at < 9_900; at += 100) await machine.clock.pass(100);
  await reloadWith(200, { agent, configuration });
  for (let at = 0; at < 2_000; at += 100) await machine.clock.pass(100);
  expect(start.limits['memory.max']).toBe('max');
});

test('a guest that caches as fast as it is taken from it is limited after ten seconds', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  const full = { current: 800 * MiB, fixed: 100 * MiB, swapFree: 0 };
  Object.defineProperty(start, 'memory', { get: () => ({ ...full }) });
  const { agent } = await startedStage(config, machine);
  for (let at = 0; at < 12_000 && start.limits['memory.max'] === 'max'; at += 100) await machine.clock.pass(100);
  expect(start.limits['memory.max']).toBe(`${400 * MiB}`);
  expect(agent.control.guest('web1')?.refusals).toEqual([]);
});

test('what else is written of a guest gives it no less time between two steps', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  start.memory = { current: 800 * MiB, fixed: 100 * MiB, swapFree: 0 };
  const steps: number[] = [];
  machine.refuse = (_, what) => {
    if (what === 'reclaim') steps.push(machine.clock.now());
    return undefined;
  };
  const made = await startedStage(config, machine); // its limit of processes is written, which is told
  for (let at = 0; at < 40; at += 1) {
    made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: ['memory.max', 'pids.max'][at % 2] ?? '' });
    await machine.clock.pass(3);
  }
  expect(steps.length).toBeGreaterThan(5);
  const rests = steps.slice(1).map((at, last) => at - (steps[last] ?? 0));
  expect(Math.min(...rests)).toBeGreaterThanOrEqual(10);
});

test('by force it is written at once, and what is lowered later is made room for again', async () => {
  const { start, agent, machine, configuration } = await stubborn();
  const caller = { uid: 1000, pid: 4711 };
  const limit = { file: 'memory.max', held: 'max', value: `${400 * MiB}` };
  expect(await agent.control.applyByForce('web1', caller)).toMatchObject([{ limits: [limit], refusals: [] }]);
  expect(start.limits['memory.max']).toBe(`${400 * MiB}`);
  expect(machine.asked).toContain(`host limit-by-force ${start.instance.cgroup} memory.max=${400 * MiB}`);
  expect(agent.control.events(0)).toContainEqual(
    expect.objectContaining({ kind: 'command', says: 'apply web1 --force asked by uid 1000 (process 4711)' }),
  );
  await reloadWith(200, { agent, configuration });
  for (let at = 0; at < 60_000; at += 1_000) await machine.clock.pass(1_000);
  expect(await agent.control.apply('web1', caller)).toMatchObject([{ refusals: [{ code: 'E_LIMIT_IN_USE' }] }]);
  expect(start.limits['memory.max']).toBe(`${400 * MiB}`);
});

test('a limit that killed and was taken back is written by force, and nothing else is forced', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  start.memory = { current: 100 * MiB, fixed: 100 * MiB, swapFree: 0 };
  machine.refuse = (_, what) =>
    what === `limit memory.max=${400 * MiB}` ? { errno: 'ECANCELED', call: 'kill', subject: 'memory.max' } : undefined;
  const { agent } = await startedStage(config, machine);
  const [done] = await agent.control.applyByForce('web1', { uid: 0, pid: 1 });
  expect(done?.refusals).toEqual([]);
  expect(start.limits).toMatchObject({ 'memory.max': `${400 * MiB}`, 'pids.max': '7' });
  expect(machine.asked.filter((line) => line.includes('by-force'))).toHaveLength(1);
});

test('of a guest that just had something killed the limit is lowered by force as well', async () => {
  const { start, agent, machine } = await stubborn();
  start.counters = { ...start.counters, 'oom-kill': 1 };
  agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
  await machine.clock.pass(1);
  await agent.control.applyByForce('web1', { uid: 0, pid: 1 });
  expect(start.limits['memory.max']).toBe(`${400 * MiB}`);
});

test('a limit that kills is told, and not tried again for long, unless another is wanted', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  start.memory = { current: 100 * MiB, fixed: 100 * MiB, swapFree: 0 };
  let kills = 0;
  machine.refuse = (_, what) => {
    if (what !== `limit memory.max=${400 * MiB}`) return undefined;
    kills += 1;
    return { errno: 'ECANCELED', call: 'kill', subject: 'memory.max' };
  };
  const { agent, configuration, log } = await startedStage(config, machine);
  const refusals = () => agent.control.guest('web1')?.refusals.map(({ code }) => code);
  expect([kills, refusals()]).toEqual([1, ['E_LIMIT_IN_USE']]);
  for (let at = 0; at < 500_000; at += 10_000) await machine.clock.pass(10_000);
  expect([kills, refusals(), start.limits['pids.max']]).toEqual([1, ['E_LIMIT_IN_USE'], '7']);
  for (let at = 0; at < 200_000; at += 10_000) await machine.clock.pass(10_000);
  expect(kills).toBe(2);
  expect(log.filter(({ message }) => message.includes('E_LIMIT_IN_USE'))).toHaveLength(1);
  await reloadWith(300, { agent, configuration });
  await machine.clock.pass(100);
  expect(start.limits['memory.max']).toBe(`${300 * MiB}`);
});
