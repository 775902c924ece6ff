import { expect, test } from 'vitest';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage, startedStage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy, QUARTER } from '../../limits/policy.ts';
import { busy, limitedBy, machineWithGuest, reload } from './busy-guest.ts';

const MiB = 2 ** 20;
const WHOLE = policy({
  guests: ['*'],
  memory: { limit: 400 * MiB },
  processes: 7,
  cpu: {
    guarantee: false,
    bucket: QUARTER,
  },
});

/** A guest whose kernel takes none of these. */
async function refusedFor(refused: ReadonlySet<string>): Promise<Stage> {
  const machine = new Machine();
  machine.start('web1');
  machine.refuse = (_, what) => {
    const [, file = ''] = /^limit ([a-z.]+)=/.exec(what) ?? [];
    return refused.has(file) ? { errno: 'EBUSY', call: 'limit', subject: file } : undefined;
  };
  return startedStage({ ...configOf(), policies: [WHOLE] }, machine);
}

function valuesOf({ machine }: Stage) {
  return machine.guests.get('web1')?.limits ?? {};
}

function codes({ agent }: Stage) {
  const { refusals = [] } = agent.control.guest('web1') ?? {};
  return refusals.filter(({ code }) => code.startsWith('E_')).map(({ code, detail }) => `${code} ${detail}`);
}

test('memory that is refused keeps back neither CPU time nor processes', async () => {
  const made = await refusedFor(new Set(['memory.max']));
  expect(valuesOf(made)).toMatchObject({ 'memory.max': 'max', 'pids.max': '7', 'cpu.max': '250000 1000000' });
  expect(codes(made)).toEqual([
    expect.stringMatching(/^E_LIMIT_IN_USE memory.max of \d+ MiB: it has \d+ MiB now, and had \d+ MiB; /),
  ]);
});

test('each resource is refused by itself, and told once', async () => {
  const made = await refusedFor(new Set(['memory.max', 'pids.max']));
  expect(codes(made)).toEqual(['E_LIMIT pids.max 7: EBUSY', expect.stringMatching(/^E_LIMIT_IN_USE memory.max /)]);
  await made.machine.clock.pass(60_000);
  expect(made.log.filter(({ message }) => message.includes('E_LIMIT'))).toHaveLength(2);
});

test('a guest of another agent is told of once, whatever is refused of it, and limited when that one lets go', async () => {
  const machine = new Machine();
  machine.start('web1');
  let isClaimed = true;
  machine.refuse = (_, what) =>
    isClaimed && what.startsWith('limit') ? { errno: 'EBUSY', call: 'claimed', subject: '4242' } : undefined;
  const made = await startedStage({ ...configOf(), policies: [WHOLE] }, machine);
  expect(codes(made)).toEqual(['E_CLAIMED process 4242']);
  await made.machine.clock.pass(60_000);
  expect(made.log.filter(({ message }) => message.includes('E_CLAIMED'))).toHaveLength(1);
  isClaimed = false;
  await made.machine.clock.pass(30_000);
  expect(codes(made)).toEqual([]);
  expect(valuesOf(made)).toMatchObject({ 'memory.max': `${400 * MiB}`, 'pids.max': '7' });
});

test('what was refused long ago does not make what is refused now wait', async () => {
  const refused = new Set(['memory.max']);
  const made = await refusedFor(refused);
  await made.machine.clock.pass(100_000); // it is tried every 30 s by now
  refused.add('pids.max');
  const start = made.machine.guests.get('web1');
  if (start) start.limits = { ...start.limits, 'pids.max': 'max' };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'pids.max' });
  await made.machine.clock.pass(10);
  refused.delete('pids.max');
  await made.machine.clock.pass(200);
  expect(valuesOf(made)['pids.max']).toBe('7');
});

test('what somebody else writes is taken back while memory is refused', async () => {
  const made = await refusedFor(new Set(['memory.max']));
  const start = made.machine.guests.get('web1');
  if (start) start.limits = { ...start.limits, 'cpu.max': 'max 100000' };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'cpu.max' });
  await made.machine.clock.pass(100);
  expect(valuesOf(made)['cpu.max']).toBe('250000 1000000');
  expect(made.log.map(({ message }) => message)).toContain(
    'web1: cpu.max was changed to max 100000 by somebody else; it is 250000 1000000 again',
  );
});

test('without its policy a guest has back what was written, whatever was refused', async () => {
  const made = await refusedFor(new Set(['memory.max']));
  made.configuration.write({ ok: true, config: configOf(), warnings: [] });
  await made.agent.control.reload({ uid: 0, pid: 1 });
  await made.machine.clock.pass(10);
  expect(valuesOf(made)).toMatchObject({ 'memory.max': 'max', 'pids.max': 'max', 'cpu.max': 'max 100000' });
});

test('a guest is limited although the disk is full, which is told once, and what was there before is kept when it is not', async () => {
  const [machine, store, disk] = [new Machine(), memoryStore(), { isFull: true }];
  const start = machine.start('web1');
  const refusal = { code: 'E_STATE_WRITE', subject: '/limits/web1', detail: 'ENOSPC' } as const;
  const saveLimits: typeof store.saveLimits = (...words) => (disk.isFull ? [refusal] : store.saveLimits(...words));
  const byData = policy({
    ...WHOLE,
    memory: { limit: 400 * MiB, addressSpace: { limit: 400 * MiB, enforce: 'data' } },
  });
  const config = { ...configOf(), policies: [byData] };
  const made = stage(machine, config, portsOf(machine, config, { ...store, saveLimits }));
  await made.agent.start();
  await machine.clock.pass(5_000);
  expect(start.limits).toMatchObject({ 'memory.max': `${400 * MiB}`, 'pids.max': '7' });
  expect(machine.asked).toContain(`host limit-data /lxc.payload.web1 ${400 * MiB}`);
  expect(codes(made)).toEqual(['E_STATE_WRITE ENOSPC']);
  expect(made.log.filter(({ message }) => message.includes('E_STATE_WRITE'))).toHaveLength(1);
  disk.isFull = false;
  await machine.clock.pass(60_000);
  expect(codes(made)).toEqual([]);
  expect(store.limits('web1')).toMatchObject({ before: { 'memory.max': 'max', 'pids.max': 'max' }, data: {} });
});

test('another quota after the kernel made the period longer is written with its period, and nobody is blamed for that', async () => {
  const machine = machineWithGuest();
  const start = machine.guests.get('web1');
  if (start) start.limits = { ...start.limits, 'cpu.max.burst': '0' };
  const bucket = { ...QUARTER, rate: 1, interval: 1, size: 10 };
  const made = await busy(bucket, machine);
  expect(valuesOf(made)).toMatchObject({ 'cpu.max': '5000 5000', 'cpu.max.burst': '5000' });
  if (start) start.limits = { ...start.limits, 'cpu.max': '10000 10000', 'cpu.max.burst': '10000' };
  machine.fileChanged('web1', 'cpu.max');
  await machine.clock.pass(1_000);
  expect(valuesOf(made)['cpu.max']).toBe('10000 10000');
  await reload(made, limitedBy({ ...bucket, rate: 2 }));
  expect(valuesOf(made)).toMatchObject({ 'cpu.max': '5000 2500', 'cpu.max.burst': '5000' });
  expect(made.log.filter(({ message }) => message.includes('somebody else'))).toEqual([]);
});
