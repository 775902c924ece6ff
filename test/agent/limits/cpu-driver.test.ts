import { expect, test } from 'vitest';
import type { BucketPolicy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import type { Machine } from '../../fakes/machine.ts';
import type { Stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { QUARTER } from '../../limits/policy.ts';
import { busy, limitedBy, machineWithGuest, reload, STILL } from './busy-guest.ts';

const DEEP: BucketPolicy = { ...QUARTER, size: 4000, threshold: 500 };
const STRICT: BucketPolicy = { ...DEEP, hold: 'strict' };
const BASE = '87500 350000';

/** What was written into the guest's quota, in this order. */
function changesOf({ asked }: Machine): readonly string[] {
  return asked.flatMap((line) => (/cpu\.max|-cpu /.test(line) ? [line.replace('host ', '')] : []));
}

/** The agent, not its executor, which does what is left to do. */
function kill(machine: Machine): void {
  machine.line.cut();
  machine.clock.silence();
  machine.startExecutor();
}

function quota({ machine }: Stage): string | undefined {
  return machine.guests.get('web1')?.limits['cpu.max'];
}

test('a guest that wants more than its rate gets grants until its bucket is empty', async () => {
  const made = await busy(DEEP);
  expect(quota(made)).toBe(BASE);
  await made.use(1, 5_000);
  const full = made.grants();
  expect(full).toBeGreaterThan(50);
  await made.use(1, 1_000); // the bucket is empty after 5.33 s
  const drained = made.grants();
  await made.use(0.25, 3_000);
  expect(made.grants()).toBe(drained);
});

test('a guest that wants no more than its rate costs no write at all', async () => {
  const made = await busy(DEEP);
  await made.use(0.2, 10_000);
  expect(made.grants()).toBe(0);
});

test('a guest that stands still and cannot be read any more has its quota back', async () => {
  const machine = machineWithGuest();
  const made = await busy(STRICT, machine);
  await made.use(1, 6_000);
  const start = machine.guests.get('web1');
  expect(start?.limits['cpu.max']).toBe(STILL);
  if (start) delete start.cpu;
  await machine.clock.pass(5_000);
  expect(start?.limits['cpu.max']).toBe(BASE);
});

test('strictly held it is written down when it is drained, and back when it has its threshold', async () => {
  const made = await busy(STRICT);
  await made.use(1, 5_500);
  expect(quota(made)).toBe(STILL);
  await made.use(0, 1_000);
  expect(quota(made)).toBe(STILL);
  await made.use(0, 1_500);
  expect(quota(made)).toBe(BASE);
});

test('an agent that starts later goes on with the bucket, as if it had looked all the time', async () => {
  const [machine, store] = [machineWithGuest(), memoryStore()];
  const first = await busy(DEEP, machine, store);
  await first.use(1, 5_000); // 250 ms are left
  kill(machine);
  const second = await busy(DEEP, machine, store);
  await second.use(1, 1_000);
  const grants = second.grants();
  await second.use(1, 1_000);
  expect(second.grants()).toBe(grants);
});

test('a policy without a bucket lets go of a guest that stands still', async () => {
  const made = await busy(STRICT);
  await made.use(1, 5_500);
  await reload(made, configOf());
  expect(quota(made)).toBe('max 100000');
});

test('what a guest uses while no policy is for it is no debt when one is for it again', async () => {
  const made = await busy(STRICT);
  await made.use(1, 2_000); // 2.5 s are left
  await reload(made, configOf());
  const start = made.machine.guests.get('web1');
  if (start?.cpu) start.cpu.usedUs += 3_600_000_000;
  await made.machine.clock.pass(3_600_000);
  await reload(made, limitedBy(STRICT));
  expect(quota(made)).toBe(BASE);
  await made.use(1, 5_000);
  expect(quota(made)).toBe(BASE);
});

test('a guest that was let go while no agent ran owes a bucket, and no more', async () => {
  const [machine, store] = [machineWithGuest(), memoryStore()];
  const first = await busy(STRICT, machine, store);
  await first.use(1, 2_000);
  kill(machine);
  const start = machine.guests.get('web1');
  if (start?.cpu) start.cpu.usedUs += 3_600_000_000;
  const second = await busy(STRICT, machine, store);
  await second.use(0, 16_000); // 4 s and no threshold yet
  expect(quota(second)).toBe(STILL);
  await second.use(0, 2_100);
  expect(quota(second)).toBe(BASE);
});

test('a guest that has ended is looked at no more', async () => {
  const made = await busy(DEEP);
  await made.use(1, 1_000);
  expect(made.looks()).toBeGreaterThan(10);
  made.machine.stop('web1');
  await atRest();
  const looks = made.looks();
  await made.machine.clock.pass(5_000);
  expect(made.looks()).toBe(looks);
});

test('a guest that is content with its rate is looked at no more, until the kernel tells that it was held back', async () => {
  const made = await busy(DEEP);
  await made.use(0, 5_000);
  const [looks, saves] = [made.looks(), made.saves()];
  await made.use(0.2, 60_000);
  expect(made.looks()).toBe(looks);
  expect(made.saves()).toBe(saves);
  await made.use(1, 1_000);
  expect(made.grants()).toBeGreaterThan(10);
});

test('where the kernel does not tell it is looked at once in a second, and what did not change is not kept again', async () => {
  const machine = machineWithGuest();
  machine.tellsStalls = false;
  const made = await busy(DEEP, machine);
  await made.use(0, 5_000);
  const [looks, saves] = [made.looks(), made.saves()];
  await made.use(0, 60_000);
  expect(made.looks() - looks).toBeGreaterThanOrEqual(59);
  expect(made.looks() - looks).toBeLessThanOrEqual(61);
  expect(made.saves()).toBe(saves);
  await made.use(1, 2_000);
  expect(made.grants()).toBeGreaterThan(10);
  expect(made.saves() - saves).toBeGreaterThanOrEqual(1);
  expect(made.saves() - saves).toBeLessThanOrEqual(4);
});

test('a bucket is kept as it is when the agent ends, also that of a guest that nobody looked at for long', async () => {
  const store = memoryStore();
  const made = await busy(DEEP, machineWithGuest(), store);
  await made.use(1, 4_000); // 3 s more than it earned
  await made.use(0, 2_000);
  made.agent.end();
  expect(store.bucket('web1')?.bucket).toMatchObject({ tokensUs: 1_500_000, atUs: made.machine.clock.now() * 1000 });
});

test('what is left is told as it is now, of a guest that nobody looked at for long', async () => {
  const made = await busy(DEEP);
  await made.use(1, 4_000);
  await made.use(0, 6_000);
  const [, listed] = await made.agent.control.list();
  expect(listed?.tokens).toEqual({ held: 2500, size: 4000 });
});

test('an agent that is killed while a guest stands still leaves it its rate, and the next one lets it stand still at once', async () => {
  const [machine, store] = [machineWithGuest(), memoryStore()];
  const first = await busy(STRICT, machine, store);
  await first.use(1, 5_500);
  expect(quota(first)).toBe(STILL);
  kill(machine);
  expect(quota(first)).toBe(BASE);
  machine.asked.length = 0;
  const second = await busy(STRICT, machine, store);
  expect(quota(second)).toBe(STILL);
  await second.use(0, 1_000);
  expect(changesOf(machine)).toEqual(['hold-cpu /lxc.payload.web1']);
  kill(machine); // it knows of the guest, too
  expect(quota(second)).toBe(BASE);
});

test('one whose executor was killed, too, left the guest still: it goes on so, never with its quota in between', async () => {
  const [machine, store] = [machineWithGuest(), memoryStore()];
  const first = await busy(STRICT, machine, store);
  await first.use(1, 5_500);
  machine.line.afterwards.clear();
  kill(machine);
  machine.asked.length = 0;
  const second = await busy(STRICT, machine, store);
  await second.use(0, 1_000);
  expect(changesOf(machine)).toEqual(['hold-cpu /lxc.payload.web1']);
  await second.use(0, 2_000);
  expect(quota(second)).toBe(BASE);
});

test('a new executor learns what to do for a guest that stands still', async () => {
  const made = await busy(STRICT);
  await made.use(1, 5_500);
  made.machine.killExecutor();
  await made.use(0, 500);
  expect(quota(made)).toBe(STILL);
  kill(made.machine);
  expect(quota(made)).toBe(BASE);
});

test('a guest that somebody else let go while it was to stand still is stopped again', async () => {
  const made = await busy(STRICT);
  await made.use(1, 5_500);
  const start = made.machine.guests.get('web1');
  if (start) start.limits = { ...start.limits, 'cpu.max': BASE }; // and nobody tells
  made.machine.asked.length = 0;
  await made.use(1, 1_100);
  expect(changesOf(made.machine)).toEqual(['hold-cpu /lxc.payload.web1']);
});

test('grants change a control file: whoever looks after that sees in a second what others wrote, and otherwise looks no further', async () => {
  const made = await busy(DEEP);
  made.machine.tellsStalls = false; // the file alone tells
  await made.use(1, 1_000);
  const [reads, grants] = [made.reads(), made.grants()];
  await made.use(1, 3_000);
  expect(made.grants() - grants).toBeGreaterThan(50);
  expect(made.reads() - reads).toBe(0);
  const start = made.machine.guests.get('web1');
  if (start) start.limits = { ...start.limits, 'cpu.max.burst': '50000' };
  made.machine.fileChanged('web1', 'cpu.max.burst');
  await made.use(1, 1_100);
  expect(made.reads() - reads).toBeGreaterThan(0);
  expect(start?.limits['cpu.max.burst']).toBe('0');
});

test('a grant that is refused ends the grants until the next look', async () => {
  const made = await busy(DEEP);
  made.machine.refuse = (_, what) =>
    what === 'grant-cpu' ? { errno: 'ENOENT', call: 'limit', subject: 'cpu.max' } : undefined;
  await made.use(1, 300);
  const refused = made.grants();
  expect(refused).toBeLessThan(10);
});

test('what is left in the bucket is told in tokens, and nothing of a guest without one', async () => {
  const made = await busy(DEEP);
  const tokens = async () => (await made.agent.control.list()).map((listed) => listed.tokens);
  expect(await tokens()).toEqual([undefined, { held: 4000, size: 4000 }]);
  await made.use(1, 1_000);
  const [, after] = await tokens();
  expect(after?.held).toBeGreaterThan(3000);
  expect(after?.held).toBeLessThan(3400);
});
