import { expect, test } from 'vitest';
import { replugged, rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const config = configOf(rule('port', { match: { subsystem: ['tty'] } }));

async function stageWithGuest() {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  const stage = await startedStage(config, machine);
  await machine.clock.pass(1_000);
  const enumerations = () => stage.agent.control.status().counters.enumerations_total ?? 0;
  return { ...stage, enumerations, before: enumerations() };
}

test.each(['overflow', 'gap', 'truncated', 'unread', 'unverified'])('what was lost (%s) is found', async (reason) => {
  const { machine, agent } = await stageWithGuest();
  machine.devices = [replugged(3)];
  agent.handle({ kind: 'uevents-lost', reason });
  await atRest();
  expect(agent.control.guest('web1')?.nodes).toMatchObject([{ path: '/dev/ttyUSB3' }]);
  expect(agent.control.status().counters[`uevents_lost_${reason}_total`]).toBe(1);
});

test('however often it is asked for, everything is looked at once in 250 ms at most, and once more at the end', async () => {
  const { machine, agent, enumerations, before } = await stageWithGuest();
  for (let ms = 0; ms < 1_000; ms += 10) {
    if (ms === 900) machine.devices = [];
    for (let times = 0; times < 5; times += 1) agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
    await machine.clock.pass(10);
  }
  await machine.clock.pass(1_000);
  expect(enumerations() - before).toBe(5);
  expect(agent.control.guest('web1')?.nodes).toEqual([]);
});

test('the first is not waited for', async () => {
  const { agent, enumerations, before } = await stageWithGuest();
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await atRest();
  expect(enumerations() - before).toBe(1);
});

test('a hint from before a whole look is worth no look of its own', async () => {
  const { machine, agent } = await stageWithGuest();
  machine.uevent('udev', 'add', serial());
  machine.devices = [];
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await atRest();
  expect(agent.control.guest('web1')?.nodes).toEqual([]);
});

test('that udevd comes or goes is a reason to look at everything, once', async () => {
  const { machine, agent, enumerations, before, log } = await stageWithGuest();
  agent.handle({ kind: 'udevd', running: true });
  await machine.clock.pass(1_000);
  expect(enumerations() - before).toBe(0);
  for (const running of [false, false, true]) {
    agent.handle({ kind: 'udevd', running });
    await machine.clock.pass(1_000);
  }
  expect(enumerations() - before).toBe(2);
  expect(log.filter(({ message }) => message.startsWith('W_UDEV_ABSENT'))).toHaveLength(1);
});
