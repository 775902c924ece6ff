import { expect, test } from 'vitest';
import type { HostEvent } from '../../src/ports/host.ts';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

async function hostWith(path: string, refuse: Machine['refuse'] = () => undefined) {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.refuse = refuse;
  const start = machine.start('web1');
  const port = rule('port', { match: { subsystem: ['tty'] }, node: { path }, links: ['/dev/by/name/port'] });
  const stage = await startedStage(configOf(port), machine);
  const watches = () => machine.asked.filter((what) => what.startsWith('web1 watch')).length;
  return { ...stage, start, watches, watched: () => machine.line.watched.get('web1') };
}

function serialEvent(group: 'kernel' | 'udev', action: 'add' | 'remove'): HostEvent {
  return { kind: 'uevent', uevent: { group, action, seqnum: 1n, subsystem: 'tty', devpath: serial().devpath } };
}

test('every folder above a node or link is watched, and /etc for its names', async () => {
  const { watched } = await hostWith('/dev/lines/usb/a');
  expect(watched()).toEqual(new Set(['/dev', '/dev/by', '/dev/by/name', '/dev/lines', '/dev/lines/usb', '/etc']));
});

test('a node that comes again into folders that went with it is made at once, on what was seen before; then they are watched', async () => {
  const { agent, machine, watched } = await hostWith('/dev/lines/usb/a');
  machine.devices = [];
  agent.handle(serialEvent('kernel', 'remove'));
  await atRest();
  expect(machine.guests.get('web1')?.world.files.has('/dev/lines')).toBe(false);
  const before = machine.asked.length;
  machine.devices = [serial()];
  agent.handle(serialEvent('udev', 'add'));
  await atRest();
  expect(machine.guests.get('web1')?.world.files.has('/dev/lines/usb/a')).toBe(true);
  const asked = machine.asked.slice(before).map((what) => what.split(' ')[1]);
  expect(asked.indexOf('observe')).toBeGreaterThan(asked.indexOf('make-node'));
  expect(watched()?.has('/dev/lines/usb')).toBe(true);
});

test('what is watched is not asked for again', async () => {
  const { agent, watches } = await hostWith('/dev/a');
  const before = watches();
  agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: false });
  await atRest();
  expect(watches()).toBe(before);
});

test('a folder that nodes come and go in stays watched: nobody waits for that', async () => {
  const { agent, machine, start, watches, watched } = await hostWith('/dev/bus/a');
  const others = ['/dev/bus/other', '/dev/by/name/other'].map((path) => [path, { kind: 'file' }] as const);
  start.world = { ...start.world, files: new Map([...start.world.files, ...others]) };
  machine.devices = [];
  agent.handle(serialEvent('kernel', 'remove'));
  await atRest();
  const before = watches();
  expect(watched()?.has('/dev/bus')).toBe(true);
  machine.devices = [serial()];
  agent.handle(serialEvent('udev', 'add'));
  await atRest();
  expect(machine.guests.get('web1')?.world.files.has('/dev/bus/a')).toBe(true);
  expect(watches()).toBe(before);
});

test('a folder that was replaced is watched anew', async () => {
  const { agent, watches } = await hostWith('/dev/a');
  const before = watches();
  agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/dev/by', replaced: true });
  await atRest();
  expect(watches()).toBe(before + 1);
});

test('a folder that is deeper than the executor can tell keeps the others from nothing', async () => {
  const { watched, agent } = await hostWith(`/dev/${'a'.repeat(200)}/${'b'.repeat(200)}/c`);
  expect(watched()).toEqual(new Set(['/dev', '/dev/by', '/dev/by/name', `/dev/${'a'.repeat(200)}`, '/etc']));
  expect(agent.control.guest('web1')?.converged).toBe(true);
});

test('a guest that cannot be heard is told of, and opened again until it can', async () => {
  const { machine, agent, watched } = await hostWith('/dev/a', (_guest, what) =>
    what.startsWith('watch') ? { errno: 'EMFILE', call: 'inotify_init1', subject: '' } : undefined,
  );
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'E_WATCH', detail: 'inotify_init1 EMFILE' }]);
  expect(machine.guests.get('web1')?.world.files.has('/dev/a')).toBe(true);
  const opens = machine.asked.filter((what) => what === 'web1 open').length;
  machine.refuse = () => undefined;
  await machine.clock.pass(30_000);
  expect(machine.asked.filter((what) => what === 'web1 open').length).toBeGreaterThan(opens);
  expect(watched()?.has('/dev')).toBe(true);
  expect(agent.control.guest('web1')?.refusals).toEqual([]);
});
