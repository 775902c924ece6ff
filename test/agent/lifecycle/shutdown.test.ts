import { expect, test } from 'vitest';
import type { ShutdownLimit } from '../../../src/model/shutdown.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { startedStage } from '../../fakes/stage.ts';

const OURS: ShutdownLimit = { name: 'TimeoutStopSec', ms: 1_500_000, ends: 'guests', isOurs: true };

async function staged(limits: readonly ShutdownLimit[] = [OURS]) {
  const machine = new Machine();
  machine.shutdownLimits = limits;
  for (const guest of ['web1', 'web2']) machine.start(guest);
  machine.onHalt = () => {};
  const made = await startedStage(configOf(), machine);
  const says = (state: 'begins' | 'withdrawn') => made.agent.handle({ kind: 'shutdown', state });
  const asked = (what: string) => machine.asked.filter((line) => line.includes(what)).length;
  return { ...made, says, asked };
}

test('the host is asked to wait, and waits until all guests have halted', async () => {
  const { machine, says, asked } = await staged();
  expect(asked('host inhibit')).toBe(1);
  says('begins');
  await machine.clock.pass(100);
  expect([asked('web1 halt'), asked('web2 halt'), asked('host uninhibit')]).toEqual([1, 1, 0]);
  machine.stop('web1');
  await machine.clock.pass(200);
  expect(asked('host uninhibit')).toBe(0);
  machine.stop('web2');
  await machine.clock.pass(200);
  expect(asked('host uninhibit')).toBe(1);
});

test('without a guest it need not wait', async () => {
  const { machine, says, asked } = await staged();
  for (const guest of ['web1', 'web2']) machine.stop(guest);
  await machine.clock.pass(100);
  says('begins');
  await machine.clock.pass(10);
  expect(asked('host uninhibit')).toBe(1);
});

test('guests that others stop at shutdown are left to them', async () => {
  const { machine, says, asked } = await staged([]);
  says('begins');
  await machine.clock.pass(1000);
  expect([asked('web1 halt'), asked('host uninhibit')]).toEqual([0, 1]);
});

test('a service that has become active meanwhile is found', async () => {
  const { machine, says, asked } = await staged([]);
  machine.shutdownLimits = [OURS];
  says('begins');
  await machine.clock.pass(100);
  expect(asked('web1 halt')).toBe(1);
});

test('after one that was withdrawn the next one is waited for as well', async () => {
  const { machine, says, asked } = await staged();
  says('withdrawn');
  await machine.clock.pass(10);
  expect(asked('host inhibit')).toBe(2);
});
