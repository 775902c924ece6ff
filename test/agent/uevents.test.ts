import { describe, expect, test } from 'vitest';
import type { Device } from '../../src/model/device.ts';
import type { Uevent } from '../../src/model/uevent.ts';
import { replugged, rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const config = configOf(rule('port', { match: { subsystem: ['tty'] }, take: 'all', node: {} }));
const early: Device = { ...serial(), unrecorded: true, links: [] };

async function stageWithGuest(...devices: readonly Device[]) {
  const machine = new Machine();
  machine.devices = devices;
  machine.start('web1');
  const stage = await startedStage(config, machine);
  const tells = (group: Uevent['group'], action: Uevent['action'], device: Device) => {
    machine.uevent(group, action, device);
    return atRest();
  };
  const nodes = () =>
    [...(machine.guests.get('web1')?.world.files ?? [])].flatMap(([path, { kind }]) => (kind === 'device' ? path : []));
  const passes = () => stage.agent.control.status().counters.passes_total ?? 0;
  return { ...stage, tells, nodes, passes };
}

test("a device comes with udev's word, not with the kernel's", async () => {
  const { machine, tells, nodes } = await stageWithGuest();
  machine.devices = [early];
  await tells('kernel', 'add', early);
  expect(nodes()).toEqual([]);
  machine.devices = [serial()];
  await tells('udev', 'add', serial());
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
});

test("a device goes with the kernel's word, although sysfs may still show it", async () => {
  const { tells, nodes } = await stageWithGuest(serial());
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
  await tells('kernel', 'remove', serial());
  expect(nodes()).toEqual([]);
});

test("udev's word that comes late, when the device is back, changes nothing", async () => {
  const { tells, nodes, passes } = await stageWithGuest(serial());
  const before = passes();
  await tells('udev', 'remove', serial());
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
  expect(passes()).toBe(before);
});

test('a device that ends and is another one at once is not given before udev has told of it, also when all is heard together', async () => {
  const { machine, agent, nodes } = await stageWithGuest(serial());
  machine.devices = [early];
  for (const [group, action] of [
    ['kernel', 'remove'],
    ['kernel', 'add'],
    ['udev', 'remove'],
  ] as const)
    agent.handle({ kind: 'uevent', uevent: { group, action, seqnum: 9n, subsystem: 'tty', devpath: early.devpath } });
  await atRest();
  expect(nodes()).toEqual([]);
});

test('a device whose end udev was told by somebody else, and has forgotten, stays as it is', async () => {
  const { machine, tells, nodes } = await stageWithGuest(serial());
  const actions: unknown[] = [];
  machine.onAction = (_guest, action) => actions.push(action);
  machine.devices = [early];
  await tells('udev', 'remove', early);
  await machine.clock.pass(15_000);
  expect([nodes(), actions]).toEqual([['/dev/ttyUSB0'], []]);
});

test.each([['kernel', 'udev'] as const, ['udev', 'kernel'] as const])(
  "udev's word of an end is none of the next device there, of which %s has told before %s",
  async (...order) => {
    const { machine, tells, nodes } = await stageWithGuest(serial());
    await tells('kernel', 'remove', serial());
    machine.devices = [early];
    const said = { kernel: 'add', udev: 'remove' } as const;
    for (const group of order) await tells(group, said[group], early);
    expect(nodes()).toEqual([]);
    machine.devices = [serial()];
    await tells('udev', 'add', serial());
    expect(nodes()).toEqual(['/dev/ttyUSB0']);
  },
);

test("a udevd that tells of an end and owes the next device's word is found out when it says no more", async () => {
  const { machine, agent, tells, nodes } = await stageWithGuest(serial());
  await tells('kernel', 'remove', serial());
  machine.devices = [early];
  await tells('kernel', 'add', early);
  await tells('udev', 'remove', early);
  await machine.clock.pass(10_000);
  expect([nodes(), agent.control.status().udev]).toEqual([['/dev/ttyUSB0'], 'silent']);
});

test('without udevd the kernel is believed at once', async () => {
  const { machine, agent, tells, nodes } = await stageWithGuest();
  machine.udevRuns = false;
  agent.handle({ kind: 'udevd', running: false });
  await atRest();
  machine.devices = [early];
  await tells('kernel', 'add', early);
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
});

test('a udevd that owes its word and says nothing is not waited for any longer than ten seconds', async () => {
  const { machine, agent, tells, nodes } = await stageWithGuest();
  machine.devices = [early];
  await tells('kernel', 'add', early);
  await machine.clock.pass(9_999);
  expect([nodes(), agent.control.status().udev]).toEqual([[], 'running']);
  await machine.clock.pass(1);
  expect([nodes(), agent.control.status().udev]).toEqual([['/dev/ttyUSB0'], 'silent']);
  await tells('udev', 'change', serial());
  expect(agent.control.status().udev).toBe('running');
});

test('what is looked at meanwhile does not give what udev still owes', async () => {
  const { machine, agent, tells, nodes } = await stageWithGuest();
  machine.devices = [early];
  await tells('kernel', 'add', early);
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await machine.clock.pass(1_000);
  expect(nodes()).toEqual([]);
});

test('a device that the guest has stays when a busy udevd has forgotten it', async () => {
  const { machine, agent, nodes } = await stageWithGuest(serial());
  machine.devices = [early];
  machine.udevIsBusy = true;
  agent.handle({ kind: 'uevents-lost', reason: 'gap' });
  await machine.clock.pass(1_000);
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
});

test('udevd is not waited for where the module of a device is not loaded, however busy it is', async () => {
  const { machine, agent, nodes } = await stageWithGuest();
  machine.unloaded = [{ ...early, devpath: '/devices/virtual/misc/tun', ancestors: [], unloaded: true }];
  machine.udevIsBusy = true;
  agent.handle({ kind: 'uevents-lost', reason: 'gap' });
  await machine.clock.pass(1_000);
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
});

test('a guest is told nothing of a device whose module is not loaded, in whatever pass', async () => {
  const { machine, agent, nodes } = await stageWithGuest();
  machine.refuse = (_guest, what) =>
    what.startsWith('tell') ? { errno: 'ENODEV', call: 'sysfs', subject: 'c:188:0' } : undefined;
  machine.unloaded = [{ ...early, devpath: '/devices/virtual/misc/tun', ancestors: [], unloaded: true }];
  for (let time = 0; time < 3; time += 1) {
    agent.handle({ kind: 'uevents-lost', reason: 'gap' });
    await machine.clock.pass(1_000);
  }
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
  expect(machine.asked.filter((what) => what.startsWith('web1 tell'))).toEqual([]);
});

test('another device at the same place is waited for while udevd is busy', async () => {
  const { machine, agent, nodes } = await stageWithGuest(serial());
  machine.devices = [{ ...early, number: { type: 'c', major: 188, minor: 7 } }];
  machine.udevIsBusy = true;
  agent.handle({ kind: 'uevents-lost', reason: 'gap' });
  await machine.clock.pass(1_000);
  expect(nodes()).toEqual([]);
});

test('a device whose module is loaded, used and removed again stays all the time, without a replug', async () => {
  const machine = new Machine();
  const unloaded: Device = { ...early, devpath: '/devices/virtual/misc/tun', ancestors: [], unloaded: true };
  const { unloaded: _, ...loading } = unloaded;
  machine.unloaded = [unloaded];
  machine.start('web1');
  const { agent } = await startedStage(config, machine);
  const nodes = () => agent.control.guests().flatMap((guest) => guest.nodes);
  expect(nodes()).toMatchObject([{ path: '/dev/ttyUSB0', device: '/devices/virtual/misc/tun' }]);
  const made = machine.asked.filter((what) => /make-node|remove-node/.test(what));

  machine.devices = [loading];
  machine.uevent('kernel', 'add', loading);
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' }); // before udev has looked at it
  await machine.clock.pass(1_000);
  expect(nodes()).toHaveLength(1);
  machine.devices = [{ ...serial(), devpath: unloaded.devpath, ancestors: [] }];
  machine.uevent('udev', 'add', loading);
  await atRest();
  machine.uevent('kernel', 'remove', loading);
  await atRest();
  expect(nodes()).toHaveLength(1);
  machine.devices = [];
  machine.uevent('udev', 'remove', loading);
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await machine.clock.pass(1_000);
  expect(nodes()).toHaveLength(1);
  expect(machine.asked.filter((what) => /make-node|remove-node/.test(what))).toEqual(made);
});

describe('a disk that is another by the time it is to be given', () => {
  const disk = (content: string, diskseq: string): Device => ({ ...serial(), attrs: { content }, diskseq });
  const wanted = configOf(rule('image', { match: { attr: { content: ['ours', 'ours-too'] } } }));
  const given = async (now: Device) => {
    const machine = new Machine();
    machine.devices = [disk('ours', '7')];
    const { agent } = await startedStage(wanted, machine);
    machine.devices = [now]; // the kernel has said its last word before it counted on
    machine.start('web1');
    machine.folderChanged('web1');
    await atRest();
    return { guest: agent.control.guests()[0], asked: machine.asked.filter((what) => /grant|make-node/.test(what)) };
  };

  test('is not given when nobody wants what is in it now', async () => {
    const { guest, asked } = await given(disk('not ours', '8'));
    expect(guest).toMatchObject({ nodes: [], refusals: [], converged: true });
    expect(asked).toEqual(['web1 grants', 'web1 grant c:188:0', 'web1 grants']);
  });

  test('is given, as what it is now, when that is wanted too', async () => {
    const { guest } = await given(disk('ours-too', '8'));
    expect(guest).toMatchObject({ nodes: [{ device: `${serial().devpath} 8` }], refusals: [], converged: true });
  });
});

test('hints that arrive together lead to one pass, and the last of a device counts', async () => {
  const { machine, nodes, passes } = await stageWithGuest(serial());
  const before = passes();
  const others = [1, 2, 3].map(replugged);
  machine.devices = others;
  machine.uevent('kernel', 'remove', serial());
  for (const other of others) {
    machine.uevent('udev', 'add', other);
    machine.uevent('udev', 'change', other);
  }
  await atRest();
  expect(nodes()).toEqual(['/dev/ttyUSB1', '/dev/ttyUSB2', '/dev/ttyUSB3']);
  // One for the hints, one for what the executor did itself in the watched folder.
  expect(passes() - before).toBe(2);
});

test('a device that no rule wants concerns no guest', async () => {
  const { machine, tells, passes } = await stageWithGuest();
  const before = passes();
  const lonely = serial({ devpath: '/devices/x', node: '/dev/ttyS9', subsystem: 'sound' });
  machine.devices = [lonely];
  await tells('udev', 'add', lonely);
  expect(passes()).toBe(before);
});

test('every hint is counted by who told it', async () => {
  const { agent, tells } = await stageWithGuest();
  await tells('kernel', 'add', serial());
  await tells('udev', 'add', serial());
  await tells('udev', 'change', serial());
  expect(agent.control.status().counters).toMatchObject({ uevents_kernel_total: 1, uevents_udev_total: 2 });
});
