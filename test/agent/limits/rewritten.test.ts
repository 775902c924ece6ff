import { expect, test } from 'vitest';
import type { BucketPolicy } from '../../../src/model/policy.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { type Stage, startedStage } from '../../fakes/stage.ts';
import { policy, QUARTER } from '../../limits/policy.ts';

const BY_KERNEL: BucketPolicy = { ...QUARTER, size: 400 };

async function limited(bucket = BY_KERNEL): Promise<Stage> {
  const machine = new Machine();
  machine.start('web1').cpu = { usedUs: 0, throttles: 0 };
  return startedStage(
    { ...configOf(), policies: [policy({ guests: ['*'], cpu: { bucket, guarantee: false } })] },
    machine,
  );
}

/** Somebody writes it with the value that it has, and the kernel tells. */
async function rewritten({ agent, machine }: Stage, times: number, everyMs: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'cpu.max' });
    await machine.clock.pass(everyMs);
  }
}

function told({ log }: Stage): readonly string[] {
  return log.map(({ message }) => message).filter((message) => message.startsWith('E_LIMIT_FIGHT web1'));
}

function isFought({ agent }: Stage): boolean {
  return (agent.control.guest('web1')?.refusals ?? []).some(({ code }) => code === 'E_LIMIT_FIGHT');
}

test('a quota that somebody writes every 20 ms with the value that it has is told once, and is over when he ends', async () => {
  const made = await limited();
  await rewritten(made, 3, 20);
  expect(told(made)).toEqual([]);
  await rewritten(made, 1_000, 20);
  expect(told(made)).toEqual([
    expect.stringContaining(': cpu.max, with the value that it has, which each time gives all of it once more;'),
  ]);
  expect(isFought(made)).toBe(true);
  await made.machine.clock.pass(11_000);
  expect(isFought(made)).toBe(false);
});

test('what is written now and then with the value that it has is nothing', async () => {
  const made = await limited();
  await rewritten(made, 20, 4_000);
  expect(told(made)).toEqual([]);
});

test('what gives a guest half as much again is told, however slowly it is written', async () => {
  const made = await limited();
  await rewritten(made, 20, 1_600);
  expect(told(made)).toHaveLength(1);
});

test('grants of our own are no such thing', async () => {
  const made = await limited({ ...BY_KERNEL, size: 4000 });
  await rewritten(made, 200, 20);
  expect(told(made)).toEqual([]);
});

test('a guest whose bucket we keep and that has more than it was given is told of, whoever gives it', async () => {
  const made = await limited({ ...BY_KERNEL, size: 4000 });
  const start = made.machine.guests.get('web1');
  for (let ms = 0; ms < 20_000; ms += 10) {
    if (start?.cpu) start.cpu.usedUs += 10_000; // all of a processor, however drained it is
    await made.machine.clock.pass(10);
  }
  expect(told(made)).toHaveLength(1);
  expect(isFought(made)).toBe(true);
  await made.machine.clock.pass(20_000);
  expect(isFought(made)).toBe(false);
});
