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
  machine.start('web1');
  const port = rule('port', { match: { subsystem: ['tty'] }, node: { path }, links: ['/dev/by/name/port'] });
  const stage = await startedStage(configOf(port), machine);
  const watches = () => machine.asked.filter((what) => what.startsWith('web1 watch')).length;
  return { ...stage, watches, watched: () => machine.line.watched.get('web1') };
}

test('every folder above a node or link is watched, and /etc for its names', async () => {
  const { watched } = await hostWith('/dev/lines/usb/a');
  expect(watched()).toEqual(new Set(['/dev', '/dev/by', '/dev/by/name', '/dev/lines', '/dev/lines/usb', '/etc']));
});

test('a node that comes again into folders that went with it is made at once, on what was seen before; then they are watched', async () => {
  const { agent, machine, watched } = await hostWith('/dev/lines/usb/a');
  const event = (group: 'kernel' | 'udev', action: 'add' | 'remove'): HostEvent => ({
    kind: 'uevent',
    uevent: { group, action, seqnum: 1n, subsystem: 'tty', devpath: serial().devpath },
  });
  machine.devices = [];
  agent.handle(event('kernel', 'remove'));
  await atRest();
  expect(machine.guests.get('web1')?.world.files.has('/dev/lines')).toBe(false);
  const before = machine.asked.length;
  machine.devices = [serial()];
  agent.handle(event('udev', 'add'));
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
