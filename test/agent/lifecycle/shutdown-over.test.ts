import { expect, test } from 'vitest';
import { configOf } from '../../fakes/configuration.ts';
import { portsOf, stage } from '../../fakes/stage.ts';
import { OURS, staged } from './going-down.ts';

test('the end of a shutdown that is over shortens no later stop', async () => {
  const { machine, store } = await staged();
  const stored = { bootId: machine.clock.bootId, stops: [], endsAt: machine.clock.sinceBoot() - 5000 };
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
  store.saveWaitingStops(stored);
  const next = stage(machine, configOf(), portsOf(machine, configOf(), store));
  await next.agent.start();
  await next.agent.control.stopTogether({ guests: ['web1', 'web2'] }, { kill: false }, { uid: 0, pid: 1 });
  await machine.clock.pass(1000);
  expect(store.stop('web1')?.killAt).toBeGreaterThan(machine.clock.sinceBoot() + 30_000);
  expect(store.waitingStops()?.endsAt).toBeUndefined();
});

/** Another agent of a host that is still to go down, or was; nobody waits for his turn any more. */
async function nextAgent() {
  const stop = { timeoutMs: 900_000, before: [] };
  const guests = ['web1', 'web2', 'cold'].map((guest) => ({ guest, stop }));
  const { machine, store, says } = await staged([{ ...OURS, ms: 63_000 }], guests);
  machine.stop('web2');
  says('begins');
  await machine.clock.pass(100);
  const endsAt = store.waitingStops()?.endsAt ?? 0;
  expect(store.waitingStops()?.stops).toEqual([]);
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
  const config = { ...configOf(), guests };
  const next = stage(machine, config, portsOf(machine, config, store));
  await next.agent.start();
  const stopsCold = async () => {
    machine.start('cold');
    await machine.clock.pass(100);
    await next.agent.control.stopTogether({ guests: ['cold'] }, { kill: false }, { uid: 0, pid: 1 });
    await machine.clock.pass(100);
    return store.stop('cold')?.killAt ?? 0;
  };
  return { ...next, machine, store, endsAt, stopsCold };
}

test('the next agent knows when the host ends all also where nobody waited any more', async () => {
  const { endsAt, stopsCold, store } = await nextAgent();
  expect(await stopsCold()).toBeLessThanOrEqual(endsAt + 1);
  expect(store.waitingStops()?.endsAt).toBe(endsAt);
});

test('a host that has not gone down long after it was to shortens no stop any more', async () => {
  const { machine, store, endsAt, stopsCold } = await nextAgent();
  await machine.clock.pass(endsAt - machine.clock.sinceBoot() + 700_000);
  expect(await stopsCold()).toBeGreaterThan(machine.clock.sinceBoot() + 890_000);
  expect(store.waitingStops()?.endsAt).toBeUndefined();
});

test('who is allowed to delay a shutdown is in none: all have their own time, as after a soft reboot', async () => {
  const { machine, agent, store, endsAt, stopsCold } = await nextAgent();
  expect(store.stop('web1')?.killAt).toBeLessThanOrEqual(endsAt + 1);
  agent.handle({ kind: 'shutdown', state: 'held' });
  expect(store.waitingStops()?.endsAt).toBeUndefined();
  expect(store.stop('web1')?.killAt).toBeGreaterThan(machine.clock.sinceBoot() + 890_000);
  expect(await stopsCold()).toBeGreaterThan(machine.clock.sinceBoot() + 890_000);
});

test('that the host waits for us ends no shutdown that it has begun', async () => {
  const { machine, agent, says, store } = await staged([{ ...OURS, ms: 63_000 }]);
  says('begins');
  await machine.clock.pass(100);
  agent.handle({ kind: 'shutdown', state: 'held' });
  expect(store.waitingStops()?.endsAt).toBeDefined();
});

test('one that is withdrawn gives those that it has hurried their own time back', async () => {
  const { machine, says, agent, store, asked } = await staged([{ ...OURS, ms: 23_000 }]);
  await agent.control.stop('web1', { kill: false, timeoutMs: 900_000 }, { uid: 0, pid: 1 });
  const own = store.stop('web1')?.killAt ?? 0;
  says('begins');
  await machine.clock.pass(100);
  const hurried = (guest: string) => (store.stop(guest)?.killAt ?? 0) < machine.clock.sinceBoot() + 20_000;
  expect(['web1', 'web2'].map(hurried)).toEqual([true, true]);
  await agent.control.stopTogether({ guests: ['web1'] }, { kill: false }, { uid: 0, pid: 1 });
  await machine.clock.pass(5000);
  says('withdrawn');
  await machine.clock.pass(100);
  expect(store.stop('web1')?.killAt).toBeCloseTo(own);
  expect(hurried('web2')).toBe(false);
  await machine.clock.pass(30_000);
  expect(asked('kill-guest')).toBe(0);
  await agent.control.stop('web1', { kill: false, timeoutMs: 5000 }, { uid: 0, pid: 1 });
  says('withdrawn');
  expect(store.stop('web1')?.killAt).toBeLessThanOrEqual(machine.clock.sinceBoot() + 5000);
});

test('who was hurried twice has its own time back all the same', async () => {
  const { machine, agent, store } = await nextAgent();
  const before = store.stop('web1')?.killAt ?? 0;
  machine.shutdownLimits = [{ ...OURS, ms: 23_000 }];
  await machine.clock.pass(10_100);
  agent.handle({ kind: 'shutdown', state: 'begins' });
  await machine.clock.pass(100);
  expect(store.stop('web1')?.killAt).toBeLessThan(before);
  agent.handle({ kind: 'shutdown', state: 'withdrawn' });
  expect(store.stop('web1')?.killAt).toBeGreaterThan(machine.clock.sinceBoot() + 880_000);
});
