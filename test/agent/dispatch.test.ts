import { expect, test } from 'vitest';
import type { HostEvent } from '../../src/ports/host.ts';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const uevent = { group: 'udev', action: 'change', seqnum: 1n, subsystem: 'tty', devpath: '/devices/x' } as const;

/** One of every kind: a kind that is missing here does not compile. */
const ABOUT_NOBODY: { readonly [Kind in HostEvent['kind']]: Extract<HostEvent, { kind: Kind }> } = {
  uevent: { kind: 'uevent', uevent },
  'uevents-lost': { kind: 'uevents-lost', reason: 'of tomorrow' },
  'uevent-refused': { kind: 'uevent-refused', reason: 'of tomorrow', pid: 0, count: 0 },
  udevd: { kind: 'udevd', running: true },
  'guest-gone': { kind: 'guest-gone', guest: 'nobody' },
  'init-ended': { kind: 'init-ended', guest: 'nobody' },
  populated: { kind: 'populated', guest: 'nobody', populated: true },
  'guest-suspect': { kind: 'guest-suspect', guest: 'nobody' },
  'guest-changed': { kind: 'guest-changed', guest: 'nobody', path: '/etc', replaced: true },
  'oom-kill': { kind: 'oom-kill', pid: 1, command: 'x', cgroup: '/of.nobody' },
  refused: { kind: 'refused', count: 1, pid: 1, command: 'x', cgroup: '/of.nobody' },
  'refused-unknown': { kind: 'refused-unknown', count: 1, reason: 'gone' },
  'limits-changed': { kind: 'limits-changed', guest: 'nobody', file: 'memory.max' },
  'folder-changed': { kind: 'folder-changed', id: 'of nobody', name: '' },
  shutdown: { kind: 'shutdown', state: 'held' },
  'watch-overflow': { kind: 'watch-overflow' },
  nudge: { kind: 'nudge', guest: 'nobody', pid: 0 },
  'guest-starts': { kind: 'guest-starts', guest: 'nobody', token: 't', initPid: 0 },
  unit: { kind: 'unit', unit: 'lxc@nobody.service', ends: true },
  'unit-exit': { kind: 'unit-exit', unit: 'lxc@nobody.service', status: 133 },
  systemd: { kind: 'systemd', state: 'reloaded' },
  'executor-ended': { kind: 'executor-ended', reason: '' },
};

async function host() {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  const config = configOf(rule('port', { match: { subsystem: ['tty'] }, node: { group: 'scanner' } }));
  const stage = await startedStage(config, machine);
  await machine.clock.pass(1_000);
  const asked = machine.asked.length;
  return { ...stage, since: () => machine.asked.slice(asked) };
}

test.each(Object.values(ABOUT_NOBODY))('an event about nobody harms nobody: $kind', async (event) => {
  const { machine, agent } = await host();
  agent.handle(event);
  await machine.clock.pass(60_000);
  expect(agent.control.guests()).toMatchObject([{ name: 'web1', state: 'running', converged: true, nodes: [{}] }]);
});

test('a change of its /etc makes its names be read again', async () => {
  const { machine, agent, since } = await host();
  const start = machine.guests.get('web1');
  if (start) start.world = { ...start.world, names: { users: new Map(), groups: new Map([['scanner', 7]]) } };
  agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/etc', replaced: false });
  await atRest();
  expect(since()).toContain('web1 read-file /etc/group');
  expect(start?.world.files.get('/dev/ttyUSB0')).toMatchObject({ ownership: { gid: 7 } });
});

test('changes that were lost are looked for everywhere', async () => {
  const { machine, agent, since } = await host();
  machine.line.watched.clear();
  machine.tamper('web1', '/dev/ttyUSB0', undefined);
  agent.handle({ kind: 'watch-overflow' });
  await atRest();
  expect(since()).toEqual(expect.arrayContaining(['web1 watch /dev /etc', 'web1 read-file /etc/passwd']));
  expect(machine.guests.get('web1')?.world.files.has('/dev/ttyUSB0')).toBe(true);
});

test('a guest that plays dead is suspect until it can be opened again', async () => {
  const { machine, agent } = await host();
  machine.refuse = (_guest, what) =>
    what === 'open' ? { errno: 'ETIMEDOUT', call: 'deadline', subject: 'web1' } : undefined;
  machine.line.opened.delete('web1');
  agent.handle({ kind: 'guest-suspect', guest: 'web1' });
  await atRest();
  const { state, refusals } = agent.control.guest('web1') ?? {};
  expect([state, refusals?.map(({ code }) => code)]).toEqual(['suspect', ['E_GUEST_SUSPECT']]);
  machine.refuse = () => undefined;
  await machine.clock.pass(30_000);
  expect(agent.control.guest('web1')).toMatchObject({ state: 'running', converged: true });
});

test.each(['web1', ''])('a nudge of "%s" is a look at it', async (guest) => {
  const { agent, since } = await host();
  agent.handle({ kind: 'nudge', guest, pid: 7 });
  await atRest();
  expect(since()).toContain('web1 observe');
  expect(agent.control.status().counters.nudges_total).toBe(1);
});
