import { expect, test } from 'vitest';
import type { BucketPolicy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy } from '../../limits/policy.ts';

const DEEP: BucketPolicy = {
  rate: 1,
  interval: 4,
  tickUs: 1000,
  size: 4000,
  threshold: 500,
  hold: 'smooth',
  refill: 'steady',
};
const BASE = '87500 350000';

interface Busy extends Stage {
  /** The guest uses so much of a processor for so long, and the kernel holds it back when it is more than its quota. */
  use(cpus: number, ms: number): Promise<void>;
  grants(): number;
}

async function busy(bucket: BucketPolicy, machine = machineWithGuest(), store = memoryStore()): Promise<Busy> {
  const config = { ...configOf(), policies: [policy({ guests: ['*'], cpu: { bucket, guarantee: false } })] };
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  await atRest();
  return Object.assign(made, {
    async use(cpus: number, ms: number) {
      for (let at = 0; at < ms; at += 10) {
        const cpu = machine.guests.get('web1')?.cpu;
        if (cpu) cpu.usedUs += cpus * 10_000;
        await machine.clock.pass(10);
      }
    },
    grants: () => machine.asked.filter((line) => line.includes('grant-cpu')).length,
  });
}

function machineWithGuest(): Machine {
  const machine = new Machine();
  machine.start('web1').cpu = { usedUs: 0, throttles: 0 };
  return machine;
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

test('strictly held it is written down when it is drained, and back when it has its threshold', async () => {
  const made = await busy({ ...DEEP, hold: 'strict' });
  await made.use(1, 5_500);
  expect(quota(made)).toBe('1000 350000');
  await made.use(0, 1_000);
  expect(quota(made)).toBe('1000 350000');
  await made.use(0, 1_500);
  expect(quota(made)).toBe(BASE);
});

test('an agent that starts later goes on with the bucket, as if it had looked all the time', async () => {
  const [machine, store] = [machineWithGuest(), memoryStore()];
  const first = await busy(DEEP, machine, store);
  await first.use(1, 5_000); // 250 ms are left
  machine.line.cut(); // the first agent is dead
  machine.startExecutor();
  const second = await busy(DEEP, machine, store);
  await second.use(1, 1_000);
  const grants = second.grants();
  await second.use(1, 1_000);
  expect(second.grants()).toBe(grants);
});

test('a policy without a bucket lets go of a guest that stands still', async () => {
  const made = await busy({ ...DEEP, hold: 'strict' });
  await made.use(1, 5_500);
  made.configuration.write({ ok: true, config: configOf(), warnings: [] });
  await made.agent.control.reload({ uid: 0, pid: 1 });
  await atRest();
  expect(quota(made)).toBe('max 100000');
});

test('a guest that has ended is looked at no more', async () => {
  const made = await busy(DEEP);
  await made.use(1, 1_000);
  made.machine.stop('web1');
  await atRest();
  const grants = made.grants();
  await made.machine.clock.pass(5_000);
  expect(made.grants()).toBe(grants);
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
