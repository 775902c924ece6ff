import { describe, expect, test, vi } from 'vitest';
import type { Refusal } from '../../src/model/failure.ts';
import type { GuestFinder } from '../../src/ports/guests.ts';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../fakes/stage.ts';
import { memoryStore } from '../fakes/store.ts';

const config = configOf(rule('port', { match: { subsystem: ['tty'] } }));

async function stageWithStoppedGuest() {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.guests.set('web1', undefined);
  const stage = await startedStage(config, machine);
  const has = (path: string) => machine.guests.get('web1')?.world.files.has(path) === true;
  return { ...stage, has, state: () => stage.agent.control.guest('web1')?.state };
}

test('a guest that starts has its devices when it comes to rest', async () => {
  const { machine, has, state } = await stageWithStoppedGuest();
  expect(state()).toBe('stopped');
  machine.start('web1');
  await atRest();
  expect(state()).toBe('running');
  expect(has('/dev/ttyUSB0')).toBe(true);
});

test('a guest whose init comes late is found when it comes, without an event', async () => {
  const { machine, has, state } = await stageWithStoppedGuest();
  const start = machine.begin('web1');
  await machine.clock.pass(3_000);
  expect(state()).toBe('stopped');
  start.stage = 'ready';
  await machine.clock.pass(4_000);
  expect([state(), has('/dev/ttyUSB0')]).toEqual(['running', true]);
});

test('nobody looks for an init for ever', async () => {
  const { machine } = await stageWithStoppedGuest();
  machine.begin('web1');
  await machine.clock.pass(120_000);
  expect(machine.clock.next()).toBeUndefined();
});

describe('a guest that its runtime is still at work on', () => {
  const beginSlowly = async () => {
    const stage = await stageWithStoppedGuest();
    stage.machine.runtime = 'nspawn';
    return { ...stage, start: stage.machine.begin('web1') };
  };

  test('is found however late its init comes, at most 10 s after that', async () => {
    const { machine, has, state, start } = await beginSlowly();
    await machine.clock.pass(600_000);
    expect(state()).toBe('stopped');
    start.stage = 'ready';
    await machine.clock.pass(10_000);
    expect([state(), has('/dev/ttyUSB0')]).toEqual(['running', true]);
    await machine.clock.pass(10_000);
    expect(await machine.atRest()).toBeUndefined();
  });

  test('is looked at once in 10 s, however often something is heard of it, and not when it ends', async () => {
    const { machine } = await beginSlowly();
    for (const _ of [1, 2, 3]) machine.folderChanged('web1');
    await machine.clock.pass(60_000);
    const looks = vi.spyOn(machine.line, 'ask');
    await machine.clock.pass(60_000);
    expect(looks).toHaveBeenCalledTimes(6);
    machine.stop('web1');
    await machine.clock.pass(60_000);
    expect(machine.clock.next()).toBeUndefined();
  });

  test('and that is removed from the host is looked for no more', async () => {
    const { machine } = await beginSlowly();
    await machine.clock.pass(60_000);
    machine.guests.delete('web1');
    machine.folderChanged('web1');
    await atRest();
    expect(machine.clock.next()).toBeUndefined();
  });
});

test('a guest that cannot be entered yet is tried again, and is no failure meanwhile', async () => {
  const { machine, agent, has } = await stageWithStoppedGuest();
  const start = machine.begin('web1');
  start.stage = 'init';
  await machine.clock.pass(1_000);
  expect(agent.control.guest('web1')).toMatchObject({ state: 'running', refusals: [] });
  start.stage = 'ready';
  await machine.clock.pass(2_000);
  expect(has('/dev/ttyUSB0')).toBe(true);
});

test('a guest that was starting when the agent started is found', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  const start = machine.begin('web1');
  const { agent } = await startedStage(config, machine);
  start.stage = 'ready';
  await machine.clock.pass(100);
  expect(agent.control.guest('web1')?.nodes).toHaveLength(1);
});

test('a guest that stops has nothing any more, and nothing of it is asked', async () => {
  const { machine, agent, state } = await stageWithStoppedGuest();
  machine.start('web1');
  await atRest();
  machine.stop('web1');
  await machine.clock.pass(30_000);
  const asked = machine.asked.length;
  expect(state()).toBe('stopped');
  expect(agent.control.guest('web1')?.nodes).toEqual([]);
  agent.handle({ kind: 'nudge', guest: '', pid: 1 });
  await atRest();
  expect(machine.asked).toHaveLength(asked);
});

test('a guest that restarts gets everything anew, whichever of both starts is told of first', async () => {
  const { machine, agent, has } = await stageWithStoppedGuest();
  machine.start('web1');
  await atRest();
  machine.stop('web1');
  const { instance } = machine.start('web1');
  await atRest();
  expect(has('/dev/ttyUSB0')).toBe(true);
  expect(agent.control.guest('web1')?.instance).toEqual(instance);
  agent.handle({ kind: 'guest-gone', guest: 'web1' });
  await atRest();
  expect(agent.control.guest('web1')).toMatchObject({ state: 'running', instance, converged: true });
  expect(agent.control.guest('web1')?.nodes).toHaveLength(1);
});

test('nothing is left written of a start of which a step told that it had ended', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  const store = memoryStore();
  const { agent } = stage(machine, config, portsOf(machine, config, store));
  await agent.start();
  await atRest();
  expect(store.ledger('web1')?.nodes).toHaveLength(1);
  machine.refuse = (guest) => (guest === 'web1' ? { errno: 'ESRCH', call: 'guest', subject: 'web1' } : undefined);
  machine.devices = [];
  machine.uevent('kernel', 'remove', serial());
  await atRest();
  machine.stop('web1');
  await machine.clock.pass(1_000);
  expect([agent.control.guest('web1')?.state, store.ledger('web1')]).toEqual(['stopped', undefined]);
});

test('a guest that is removed from the host is closed and forgotten', async () => {
  const { machine, agent } = await stageWithStoppedGuest();
  machine.start('web1');
  await atRest();
  machine.guests.delete('web1');
  machine.folderChanged('web1');
  await atRest();
  expect(agent.control.guests()).toEqual([]);
  expect(machine.asked.at(-1)).toBe('web1 close');
  expect(agent.control.events(0).at(-1)?.says).toBe('web1: is not on this host any more');
});

test('every start and stop is one fact, and what an end was that nobody asked for', async () => {
  const { machine, agent } = await stageWithStoppedGuest();
  const { instance } = machine.start('web1');
  await machine.clock.pass(30_000);
  machine.stop('web1');
  await machine.clock.pass(30_000);
  const says = agent.control.events(0).filter(({ kind }) => kind === 'guest');
  expect(says.map((event) => event.says)).toEqual([
    `web1: runs, init is process ${instance.pid}`,
    'web1: stopped',
    'web1: has ended by itself',
  ]);
});

test('a guest whose name nobody can say is told once, for as long as it is there', async () => {
  const { agent, machine } = await stageWithStoppedGuest();
  const told = () => agent.control.events(0).filter(({ says }) => says.includes('is not UTF-8')).length;
  const look = async () => {
    agent.handle({ kind: 'folder-changed', id: 'folders', name: '' });
    await atRest();
    const [host] = await agent.control.list();
    const { converged, warnings } = agent.control.status();
    return [told(), converged, warnings.length, host?.refusals.length];
  };
  expect(await look()).toEqual([0, true, 0, 0]);
  machine.nameless = [{ code: 'E_GUEST_NAME', subject: '/var/lib/lxc/bad', detail: 'is not UTF-8' }];
  expect(await look()).toEqual([1, false, 1, 1]);
  expect(await look()).toEqual([1, false, 1, 1]);
  machine.nameless = [];
  expect(await look()).toEqual([1, true, 0, 0]);
});

test('of what keeps guests from being heard each kind is told once, also beside one that stays', async () => {
  const folder = { code: 'W_FOLDER', subject: '/srv/lxc', detail: 'there is no such folder' } as const;
  const watch = { code: 'E_WATCH', subject: '/run/systemd/machines', detail: 'inotify_add_watch ENOSPC' } as const;
  const machine = new Machine();
  const ports = portsOf(machine, config);
  let unheard: readonly Refusal[] = [folder];
  const find: GuestFinder['find'] = async () => ({ ok: true, value: { guests: [], starting: [], unheard } });
  const { agent, log } = stage(machine, config, { ...ports, guests: { ...ports.guests, find } });
  const told = () => log.flatMap(({ message }) => /^[EW]_(FOLDER|WATCH)/.exec(message)?.[0] ?? []);
  await agent.start();
  await machine.clock.pass(60_000);
  expect(told()).toEqual(['W_FOLDER']);
  unheard = [folder, watch, { ...watch, subject: '/etc/systemd/nspawn' }];
  await machine.clock.pass(60_000);
  expect(told()).toEqual(['W_FOLDER', 'E_WATCH']);
});
