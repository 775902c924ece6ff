import { expect, test } from 'vitest';
import type { Config } from '../../../src/model/config.ts';
import type { Bursts } from '../../../src/model/limit.ts';
import type { BucketPolicy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import type { Machine } from '../../fakes/machine.ts';
import type { Stage } from '../../fakes/stage.ts';
import { QUARTER } from '../../limits/policy.ts';
import { type Busy, busy, limitedBy, machineWithGuest, reload } from './busy-guest.ts';

const DEEP: BucketPolicy = { ...QUARTER, size: 4000, threshold: 500 };
const BASE = '25000 100000';
const RAISED = '200000 100000';
const STILL = '1000 100000';

function otherMachine(): Machine {
  const machine = machineWithGuest();
  machine.refills = false;
  return machine;
}

function withBursts(bucket: BucketPolicy, bursts: Bursts): Config {
  const config = limitedBy(bucket);
  return { ...config, settings: { ...config.settings, bursts } };
}

function asked({ machine }: Stage, what: string): number {
  return machine.asked.filter((line) => line.startsWith(`host ${what}`)).length;
}

function quota({ machine }: Stage): string | undefined {
  return machine.guests.get('web1')?.limits['cpu.max'];
}

/** The files of its quota that were written one by one, whoever leases. */
function written({ machine }: Stage): number {
  return machine.asked.filter((line) => /^host limit .* cpu\.max=/.test(line)).length;
}

function codes({ agent }: Stage): readonly string[] {
  // The files of this host are not all there.
  return agent.control.status().warnings.flatMap(({ code }) => (code === 'W_LIMIT_ABSENT' ? [] : [code]));
}

test('a kernel that fills a quota up is found out once, and told', async () => {
  const made = await busy(DEEP);
  await made.use(1, 2_000);
  expect(asked(made, 'probe-refill')).toBe(1);
  expect(asked(made, 'lease-cpu')).toBe(0);
  expect(made.agent.control.status().bursts).toEqual({
    by: 'grant',
    why: 'the kernel fills a quota up that is written again (12 ms were used of 12 ms)',
  });
  expect(made.log.filter(({ message }) => message.startsWith('bursts of CPU time are grants: '))).toHaveLength(1);
  expect(codes(made)).toEqual([]);
});

test('nobody tries it for buckets that the kernel keeps by itself', async () => {
  const made = await busy({ ...DEEP, size: 500, threshold: 0 });
  await made.use(1, 1_000);
  expect(asked(made, 'probe-refill')).toBe(0);
  expect(made.agent.control.status().bursts).toBeUndefined();
});

test('where it does not a guest has a raised quota until its bucket is empty, and then its own', async () => {
  const made = await busy(DEEP, otherMachine());
  expect(quota(made)).toBe(BASE);
  await made.use(1, 3_000);
  expect(quota(made)).toBe(RAISED);
  await made.use(1, 3_000);
  expect(quota(made)).toBe(BASE);
  expect(made.grants()).toBe(0);
  expect(written(made)).toBe(1);
  expect(codes(made)).toEqual(['W_BURST_LEASE']);
  expect(made.agent.control.status().bursts?.by).toBe('lease');
});

test('a raised quota is nobody else’s, is not in the plan, and is not what the guest may have', async () => {
  const made = await busy(DEEP, otherMachine());
  await made.use(1, 3_000);
  await made.agent.control.apply('web1', { uid: 0, pid: 1 });
  await atRest();
  expect(quota(made)).toBe(RAISED);
  expect((await made.agent.control.plan('web1')).flatMap(({ limits = [] }) => limits)).toEqual([]);
  const [view] = made.agent.control.limits('web1');
  expect(view?.rows.find(({ resource }) => resource === 'cpu')?.limit).toBe(250_000);
});

test('whoever kills the agent finds the quota as it was', async () => {
  const made = await busy(DEEP, otherMachine());
  await made.use(1, 2_000);
  expect(quota(made)).toBe(RAISED);
  made.machine.line.cut();
  made.machine.clock.silence();
  expect(quota(made)).toBe(BASE);
});

test('an agent that does not move any more leaves its guest its quota after three looks', async () => {
  const made = await busy(DEEP, otherMachine());
  await made.use(1, 2_000);
  made.machine.refuse = (_, what) =>
    what === 'lease-cpu' ? { errno: 'EAGAIN', call: 'lease', subject: 'cpu.max' } : undefined;
  await made.use(1, 200);
  expect(quota(made)).toBe(BASE);
  made.machine.refuse = () => undefined;
  await made.use(1, 1_500);
  expect(quota(made)).toBe(RAISED);
  expect(written(made)).toBe(1);
});

test('a guest without a policy keeps nothing of it', async () => {
  const made = await busy(DEEP, otherMachine());
  await made.use(1, 2_000);
  await reload(made, { ...limitedBy(DEEP), policies: [] });
  expect(quota(made)).toBe('max 100000');
  await made.use(1, 1_000);
  expect(quota(made)).toBe('max 100000');
});

test('strictly held a guest stands still as soon as what it saved up is used', async () => {
  const made = await busy({ ...DEEP, hold: 'strict' }, otherMachine());
  await made.use(1, 3_000);
  expect(quota(made)).toBe(RAISED);
  await untilIs(made, STILL);
  await made.use(1, 2_500);
  expect(quota(made)).not.toBe(STILL);
});

async function untilIs(made: Busy, wanted: string): Promise<void> {
  for (let times = 0; times < 500 && quota(made) !== wanted; times += 1) await made.use(1, 10);
  expect(quota(made)).toBe(wanted);
}

test.each([
  ['EROFS', 1],
  ['ETIMEDOUT', 3],
])('where that cannot be tried (%s) a guest has leases, after %d times', async (errno, times) => {
  const machine = machineWithGuest();
  machine.refuse = (_, what) => (what === 'probe-refill' ? { errno, call: 'scratch', subject: 'cpu' } : undefined);
  const made = await busy(DEEP, machine);
  await made.use(1, 2_000);
  expect(asked(made, 'probe-refill')).toBe(times);
  expect(quota(made)).toBe(RAISED);
  expect(made.agent.control.status().bursts?.why).toContain(`could not be tried: ${errno}`);
});

test('what hostler.yaml says is not tried, and holds as soon as it is read', async () => {
  const made = await busy(DEEP);
  await made.use(1, 1_000);
  await reload(made, withBursts(DEEP, 'lease'));
  await made.use(1, 1_000);
  expect(quota(made)).toBe(RAISED);
  expect(made.agent.control.status().bursts).toEqual({ by: 'lease', why: 'as hostler.yaml says' });
  expect(codes(made)).toEqual([]);
  await reload(made, withBursts(DEEP, 'grant'));
  await made.use(1, 500);
  expect(quota(made)).toBe('87500 350000');
});
