import { expect, test } from 'vitest';
import { atRest } from '../../fakes/clock.ts';
import { QUARTER } from '../../limits/policy.ts';
import { busy, machineWithGuest } from './busy-guest.ts';

test('a bucket of each processor is as large as those that the guest may run on', async () => {
  const machine = machineWithGuest();
  const start = machine.guests.get('web1');
  await busy({ ...QUARTER, scope: 'cpu' }, machine);
  expect(start?.limits['cpu.max']).toBe('500000 1000000');
  if (start) start.processors = [1];
  machine.fileChanged('web1', 'memory.events');
  await atRest();
  await machine.clock.pass(2_000);
  expect(start?.limits['cpu.max']).toBe('250000 1000000');
});

test('one of the guest is the same wherever it runs', async () => {
  const machine = machineWithGuest();
  const start = machine.guests.get('web1');
  if (start) start.processors = [1];
  await busy(QUARTER, machine);
  expect(start?.limits['cpu.max']).toBe('250000 1000000');
});
