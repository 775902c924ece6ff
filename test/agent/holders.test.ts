import { expect, test } from 'vitest';
import type { Holder } from '../../src/model/observed.ts';
import type { Failed } from '../../src/ports/executor.ts';
import { replugged, rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const HOLDER: Holder = { pid: 31, startTime: '99', command: 'scand', number: 'c:188:0' };
const SHORT: Failed = { errno: 'EMFILE', call: 'proc', subject: '/lxc.payload.web1' };
const UNKNOWN =
  'W_HOLDER_UNKNOWN web1:c:188:0: cannot be seen who still holds it: look: proc EMFILE /lxc.payload.web1;';
const STILL = 'W_HOLDER web1:c:188:0: scand (31) still holds a device that is gone;';

/** A guest that held a device that is gone, of which nobody can say any more who holds it. */
async function unseen(failed: Failed) {
  const machine = new Machine();
  machine.devices = [serial()];
  const start = machine.start('web1');
  const ports = rule('port', { match: { subsystem: ['tty'] }, take: 'all', unplug: 'warn' });
  const { agent, log } = await startedStage(configOf(ports), machine);
  start.world = { ...start.world, holders: [HOLDER] };
  machine.refuse = (_, what) => (what.startsWith('holders') ? failed : undefined);
  machine.devices = [];
  machine.uevent('kernel', 'remove', serial());
  await atRest();
  machine.devices = [replugged(3)];
  machine.uevent('udev', 'add', replugged(3));
  await atRest();
  const has = (number: string) => start.world.grants.has(number);
  const told = (text: string) => log.filter(({ message }) => message.startsWith(text)).length;
  return { machine, agent, has, told };
}

test('who holds a device that is gone cannot be seen: all else is done, it is told once and tried again', async () => {
  const { machine, agent, has, told } = await unseen(SHORT);
  expect([has('c:188:0'), has('c:188:3')]).toEqual([false, true]);
  await machine.clock.pass(60_000);
  expect([told(UNKNOWN), told(STILL)]).toEqual([1, 0]);
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'W_HOLDER_UNKNOWN' }]);
  expect(machine.asked.filter((what) => what === 'web1 holders c:188:0').length).toBeGreaterThan(2);
  machine.refuse = () => undefined;
  await machine.clock.pass(60_000);
  expect([told(UNKNOWN), told(STILL)]).toEqual([1, 1]);
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'W_HOLDER' }]);
});

test('a guest that has no worker any more is tried again as a whole', async () => {
  const { machine, agent, told } = await unseen({ errno: 'ETIMEDOUT', call: 'deadline', subject: '' });
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'E_GUEST_SUSPECT' }]);
  machine.refuse = () => undefined;
  await machine.clock.pass(60_000);
  expect([told(UNKNOWN), told(STILL)]).toEqual([0, 1]);
});
