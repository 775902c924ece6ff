import { expect, test } from 'vitest';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage } from '../fakes/stage.ts';
import { memoryStore } from '../fakes/store.ts';

const config = configOf(rule('port', { match: { subsystem: ['tty'] } }));

/** A guest that has a device. `isKnown`: those who look for guests find it. `performed`: when it is told what was done. */
async function served(unit = '/lxc.payload.web1') {
  const machine = new Machine();
  machine.cgroupOf = () => unit;
  machine.devices = [serial()];
  machine.start('web1');
  const store = memoryStore();
  const ports = portsOf(machine, config, store);
  const finder = { isKnown: true };
  const executor = { performed: Promise.resolve() };
  const { agent } = stage(machine, config, {
    ...ports,
    executor: {
      ...ports.executor,
      apply: async (guest, actions) => {
        const answers = await ports.executor.apply(guest, actions);
        await executor.performed;
        return answers;
      },
    },
    guests: {
      ...ports.guests,
      locate: (name) => (finder.isKnown ? ports.guests.locate(name) : Promise.resolve({ ok: true, value: undefined })),
    },
  });
  await agent.start();
  await atRest();
  const isGone = async () => {
    machine.guests.delete('web1');
    machine.folderChanged('web1');
    await atRest();
  };
  return { machine, agent, store, finder, executor, isGone };
}

test.each(['/lxc.payload.web1', '/machine.slice/machine-web1.scope'])(
  'nothing is left of a guest in %s that has ended and is gone for good, whichever is told of first',
  async (unit) => {
    for (const endIsTold of [true, false]) {
      const { machine, agent, store, isGone } = await served(unit);
      expect(store.ledger('web1')?.nodes).toHaveLength(1);
      if (endIsTold) machine.stop('web1');
      await isGone();
      expect(agent.control.guest('web1')).toBeUndefined();
      expect(store.ledger('web1')).toBeUndefined();
    }
  },
);

test('a guest whose configuration alone is away for a moment has everything as before when that is back', async () => {
  const { machine, agent, store, finder } = await served();
  const actions: unknown[] = [];
  machine.onAction = (_guest, action) => actions.push(action);
  for (const isKnown of [false, true]) {
    finder.isKnown = isKnown;
    machine.folderChanged('web1');
    await atRest();
    expect(agent.control.guest('web1') !== undefined).toBe(isKnown);
    expect(store.ledger('web1')?.nodes).toHaveLength(1);
  }
  expect(agent.control.guest('web1')).toMatchObject({ converged: true, refusals: [], nodes: [{}] });
  expect(actions).toEqual([]);
});

test('what systemd keeps with a service is taken back from it when it is gone, or else when it starts again', async () => {
  const unit = '/system.slice/web1.service';
  const { machine, agent, store, isGone } = await served(unit);
  machine.refuse = (guest) => (guest === 'host' ? { errno: 'EPERM', call: 'unit', subject: unit } : undefined);
  machine.stop('web1');
  await isGone();
  expect([store.ledger('web1')?.grants.length, machine.units.get(unit)?.has('c:188:0')]).toEqual([1, true]);
  machine.devices = [];
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await atRest();
  const again = machine.start('web1');
  expect(again.world.grants.has('c:188:0')).toBe(true);
  await machine.clock.pass(1_000);
  expect(again.world.grants.has('c:188:0')).toBe(false);

  machine.devices = [serial()];
  machine.refuse = () => undefined;
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await machine.clock.pass(1_000);
  expect(again.world.grants.has('c:188:0')).toBe(true);
  machine.stop('web1');
  await isGone();
  expect([store.ledger('web1'), machine.units.get(unit)?.has('c:188:0')]).toEqual([undefined, false]);
});

test.each([
  ['E_SYSTEMD', { errno: 'ETIMEDOUT', call: 'systemd', subject: '/run/systemd/private' }],
  ['E_ACTION', { errno: 'EBUSY', call: 'busy', subject: '/system.slice/web1.service' }],
])('what could not be taken back from it at once is taken later, and that is told once: %s', async (code, failed) => {
  const unit = '/system.slice/web1.service';
  const { machine, agent, store, isGone } = await served(unit);
  const given = () => machine.units.get(unit)?.has('c:188:0');
  let isBusy = true;
  machine.refuse = (guest) => (guest === 'host' && isBusy ? failed : undefined);
  machine.stop('web1');
  await isGone();
  await machine.clock.pass(1_000);
  expect([agent.control.guest('web1'), given(), store.ledger('web1')?.grants.length]).toEqual([undefined, true, 1]);
  const takings = machine.asked.filter((one) => one.startsWith('host take-back'));
  expect([takings.length > 1, takings.length < 8]).toEqual([true, true]);
  expect(agent.control.events(0).filter(({ says }) => says.startsWith(code))).toHaveLength(1);
  isBusy = false;
  await machine.clock.pass(30_000);
  expect([given(), store.ledger('web1')]).toEqual([false, undefined]);
  await machine.clock.pass(120_000);
  expect(machine.clock.next()).toBeUndefined();
});

test('a pass that was under way writes nothing of a guest that is gone', async () => {
  const { machine, agent, store, executor, isGone } = await served();
  let goOn = () => {};
  executor.performed = new Promise((resolve) => {
    goOn = resolve;
  });
  machine.devices = [];
  machine.uevent('kernel', 'remove', serial());
  await atRest();
  await isGone();
  expect([agent.control.guests(), store.ledger('web1')]).toEqual([[], undefined]);
  goOn();
  await machine.clock.pass(60_000);
  expect(store.ledger('web1')).toBeUndefined();
});
