import { expect, test } from 'vitest';
import type { AlertPolicy, Policy } from '../../../src/model/policy.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { type Stage, startedStage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const CPU: AlertPolicy = { raise: 0.9, clear: 0.7, forMs: 60_000 };

function quarter(alerts: Policy['alerts']): Policy {
  const bucket = { rate: 1, interval: 4, tickUs: 1000, size: 500, threshold: 0 } as const;
  return policy({
    guests: ['*'],
    alerts,
    cpu: { guarantee: false, bucket: { ...bucket, hold: 'smooth', refill: 'steady' } },
  });
}

const PERIOD_MS = 100;

/** A guest that runs for so many seconds, using so much of each, and being held back in so many of its ten periods. */
async function runs({ machine, agent }: Stage, seconds: number, usedUs: number, throttles: number): Promise<void> {
  const start = machine.guests.get('web1');
  for (let period = 0; start !== undefined && period < seconds * 10; period += 1) {
    const { cpuUs = 0, cpuPeriods = 0 } = start.held;
    const isHeldBack = period % 10 < throttles;
    start.held = { ...start.held, cpuUs: cpuUs + usedUs / 10, cpuPeriods: cpuPeriods + 1 };
    start.counters = { ...start.counters, cpu: (start.counters.cpu ?? 0) + (isHeldBack ? 1 : 0) };
    if (period % 7 === 0) agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'cpu.pressure' });
    await machine.clock.pass(PERIOD_MS);
  }
}

async function staged(alerts: Policy['alerts']): Promise<Stage> {
  const machine = new Machine();
  machine.start('web1');
  return startedStage({ ...configOf(), policies: [quarter(alerts)] }, machine);
}

function alerts({ agent }: Stage): readonly string[] {
  const { open, recent } = agent.control.alerts();
  return [...open.filter(({ told }) => told), ...recent].map(({ resource }) => resource);
}

test('a guest that is held back and uses all of its rate for as long as the policy says is told of once', async () => {
  const made = await staged({ cpu: CPU });
  await runs(made, 50, 250_000, 10);
  expect(alerts(made)).toEqual([]);
  await runs(made, 30, 250_000, 10);
  expect(alerts(made)).toEqual(['cpu']);
  await runs(made, 120, 50_000, 0);
  expect(made.agent.control.alerts().open).toEqual([]);
  expect(alerts(made)).toEqual(['cpu']);
});

test('where the policy waits for nothing it is told within two seconds, however idle the guest was before', async () => {
  const made = await staged({ cpu: { ...CPU, forMs: 0 } });
  await runs(made, 20, 0, 0);
  expect(alerts(made)).toEqual([]);
  await runs(made, 1.5, 250_000, 10);
  expect(alerts(made)).toEqual(['cpu']);
});

test.each([
  ['is held back now and then', 240_000, 3],
  ['is busy, and held back by nobody', 250_000, 0],
  ['is held back often, and uses little', 50_000, 8],
])('a guest that %s is not told of', async (_what, usedUs, throttles) => {
  const made = await staged({ cpu: CPU });
  await runs(made, 200, usedUs, throttles);
  expect(alerts(made)).toEqual([]);
});

test('of CPU time is told to nobody where the policy does not name it', async () => {
  const made = await staged({ rss: CPU });
  await runs(made, 200, 250_000, 10);
  expect(alerts(made)).toEqual([]);
});

test('what is told is over when the policy has no bucket any more', async () => {
  const made = await staged({ cpu: CPU });
  await runs(made, 80, 250_000, 10);
  const unlimited = { ...quarter({ cpu: CPU }), cpu: { guarantee: false } };
  made.configuration.write({ ok: true, config: { ...configOf(), policies: [unlimited] }, warnings: [] });
  await made.agent.control.reload({ uid: 0, pid: 1 });
  await runs(made, 60, 250_000, 10);
  expect(made.agent.control.alerts().open).toEqual([]);
});
