import { expect, test } from 'vitest';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage } from '../fakes/stage.ts';
import { memoryStore } from '../fakes/store.ts';

const UNIT = '/machine.slice/systemd-nspawn@m1.service';
const config = configOf(rule('port', { match: { subsystem: ['tty'] }, guests: ['m1'] }));

/** A guest in a unit of systemd that has a device. */
async function served(unit = UNIT) {
  const machine = new Machine();
  machine.cgroupOf = () => unit;
  machine.devices = [serial()];
  const start = machine.start('m1');
  const store = memoryStore();
  const begin = async () => {
    const { agent } = stage(machine, config, portsOf(machine, config, store));
    await agent.start();
    await atRest();
    return agent;
  };
  const agent = await begin();
  expect(start.world.grants.has('c:188:0')).toBe(true);
  const given = () => machine.units.get(unit)?.has('c:188:0');
  const nextAgent = () => {
    machine.line.cut();
    machine.clock.silence();
    machine.startExecutor();
    return begin();
  };
  const takings = () => machine.asked.filter((one) => one.startsWith('host take-back'));
  return { machine, agent, store, given, nextAgent, takings };
}

test('what a service was given is taken from it when it has stopped, and given again when it starts', async () => {
  const { machine, agent, store, given, takings } = await served();
  machine.stop('m1');
  await atRest();
  expect([given(), store.ledger('m1'), takings().length]).toEqual([false, undefined, 1]);
  expect(agent.control.events(0).map(({ says }) => says)).toContain(
    'm1: taken from its service, which has ended: c:188:0 rw',
  );
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await atRest();
  expect(takings()).toHaveLength(1); // there is nothing more to take
  const again = machine.start('m1');
  await machine.clock.pass(1_000);
  expect(again.world.grants.has('c:188:0')).toBe(true);
  expect(agent.control.guest('m1')).toMatchObject({ state: 'running', converged: true });
  machine.stop('m1');
  await atRest();
  expect([given(), store.ledger('m1')]).toEqual([false, undefined]);
});

test('an agent that comes when the service has stopped takes it back, one that comes while it runs takes nothing', async () => {
  const { machine, given, nextAgent, takings, store } = await served();
  await nextAgent();
  expect([takings(), store.ledger('m1')?.service]).toEqual([[], UNIT]);
  machine.line.cut();
  machine.stop('m1');
  expect(given()).toBe(true);
  await nextAgent();
  expect([given(), store.ledger('m1')]).toEqual([false, undefined]);
});

test.each([
  ['E_SYSTEMD', { errno: 'ETIMEDOUT', call: 'systemd', subject: '/run/systemd/private' }],
  ['E_ACTION', { errno: 'EBUSY', call: 'busy', subject: UNIT }],
  ['E_ACTION', { errno: 'EPIPE', call: 'worker', subject: UNIT }],
  ['E_ACTION', { errno: 'EPROTO', call: 'protocol', subject: UNIT }],
])(
  'what could not be taken back is asked for again, later and later, and that is told: %s %o',
  async (code, failed) => {
    const { machine, agent, given, store, takings } = await served();
    let isBusy = true;
    machine.refuse = (guest) => (guest === 'host' && isBusy ? failed : undefined);
    machine.stop('m1');
    await machine.clock.pass(1_000);
    expect(agent.control.guest('m1')?.refusals).toMatchObject([{ code }]);
    expect([given(), store.ledger('m1')?.grants.length]).toEqual([true, 1]);
    expect(takings().length).toBeGreaterThan(1);
    expect(takings().length).toBeLessThan(8);
    isBusy = false;
    await machine.clock.pass(30_000);
    expect([given(), store.ledger('m1')]).toEqual([false, undefined]);
    expect(agent.control.guest('m1')?.refusals).toEqual([]);
  },
);

test('what the executor does not touch stays written, and the next start begins with it taken back', async () => {
  const { machine, agent, store, takings } = await served();
  machine.refuse = (guest) => (guest === 'host' ? { errno: 'EPERM', call: 'unit', subject: UNIT } : undefined);
  machine.stop('m1');
  await machine.clock.pass(60_000);
  expect([takings().length, store.ledger('m1')?.grants.length]).toEqual([1, 1]);
  machine.devices = [];
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await atRest();
  const again = machine.start('m1');
  await machine.clock.pass(1_000);
  expect(again.world.grants.has('c:188:0')).toBe(false);
});

test('a guest in no service is asked nothing', async () => {
  const { machine, takings } = await served('/machine.slice/machine-m1.scope');
  machine.stop('m1');
  await machine.clock.pass(1_000);
  expect(takings()).toEqual([]);
});
