import { expect, test } from 'vitest';
import type { PlanView } from '../../src/ports/agent.ts';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const tty = { match: { subsystem: ['tty'] } };

test('a question waits for the pass that is under way, and is answered with what that has left to do', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  const { agent } = await startedStage(configOf(rule('port', tty)), machine);
  let asked: Promise<readonly PlanView[]> | undefined;
  machine.refuse = (_guest, what) => {
    if (what === 'observe') asked ??= agent.control.plan('web1');
    return undefined;
  };
  machine.tamper('web1', '/dev/ttyUSB0', undefined);
  await atRest();
  expect(await asked).toEqual([{ guest: 'web1', actions: [], limits: [], refusals: [] }]);
});

test('a question begins no waiting: the quiet time of what another guest holds begins with the first pass that finds it', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  for (const name of ['web1', 'web2']) machine.start(name);
  const scanner = (guest: string) => rule('scanner', { ...tty, guests: [guest], exclusive: true });
  const { agent, configuration, log } = await startedStage(configOf(scanner('web1')), machine);
  const start = machine.guests.get('web1');
  if (start === undefined) throw new Error('web1 is stopped');
  start.world = { ...start.world, holders: [{ pid: 31, startTime: '99', command: 'scand', number: 'c:188:0' }] };
  machine.refuse = (guest) => (guest === 'web2' ? { errno: 'ETIMEDOUT', call: 'deadline', subject: '' } : undefined);
  agent.handle({ kind: 'guest-suspect', guest: 'web2' });
  configuration.write({ ok: true, config: configOf(scanner('web2')), warnings: [] });
  await agent.control.reload({ uid: 0, pid: 1 });
  await machine.clock.pass(20_000); // by now it is tried again after many seconds only
  machine.refuse = () => undefined;
  const held = { code: 'E_HELD', subject: 'web2:/dev/ttyUSB0' };
  expect(await agent.control.plan('web2')).toMatchObject([{ refusals: [held] }]);
  const told = () => log.filter(({ message }) => message.startsWith('E_HELD')).length;
  const isFound = () => agent.control.guest('web2')?.refusals.some(({ code }) => code === 'E_HELD');
  let waited = 0;
  for (; !isFound(); waited += 500) await machine.clock.pass(500);
  expect(waited).toBeGreaterThan(1_000);
  expect(told()).toBe(0);
  await machine.clock.pass(60_000);
  expect(told()).toBe(1);
});
