import { describe, expect, test } from 'vitest';
import type { Failed } from '../../src/ports/executor.ts';
import { replugged, rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const SILENT: Failed = { errno: 'ETIMEDOUT', call: 'systemd', subject: '/run/systemd/private' };

/** A guest whose cgroup has this name, with one serial adapter; everything is at rest. */
async function host(cgroup = '/machine.slice/web1.service', take: 'one' | 'all' = 'one') {
  const machine = new Machine();
  machine.cgroupOf = () => cgroup;
  machine.devices = [serial()];
  const { world } = machine.start('web1');
  const stage = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] }, take })), machine);
  await machine.clock.pass(2_000);
  const { handle, control } = stage.agent;
  return {
    ...stage,
    machine,
    before: world,
    now: () => machine.guests.get('web1')?.world ?? world,
    looks: () => machine.asked.filter((what) => what === 'web1 grants').length,
    refusals: () => control.guest('web1')?.refusals,
    touch: async () => {
      handle({ kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: false });
      await atRest();
    },
    plug: async (...devices: Machine['devices']) => {
      const gone = machine.devices.filter((one) => !devices.some(({ devpath }) => devpath === one.devpath));
      machine.devices = devices;
      for (const device of gone) machine.uevent('kernel', 'remove', device);
      for (const device of devices) machine.uevent('udev', 'add', device);
      await machine.clock.pass(300);
    },
    silence: (isSilent: boolean) => {
      const isPermission = (what: string) => /^(grants|grant .*|revoke .*)$/.test(what);
      machine.refuse = (_guest, what) => (isSilent && isPermission(what) ? SILENT : undefined);
    },
  };
}

describe('what a unit may open', () => {
  test('is asked of systemd once in a second, however often the guest is looked at, and once more in the end', async () => {
    const { machine, looks, touch } = await host();
    const before = looks();
    for (let times = 0; times < 10; times += 1) await touch();
    expect(looks() - before).toBe(1);
    await machine.clock.pass(1_000);
    expect(looks() - before).toBe(2);
    await machine.clock.pass(60_000);
    expect(looks() - before).toBe(2);
  });

  test('is asked for in each look where no systemd is needed for that', async () => {
    const { looks, touch } = await host('/lxc.payload.web1');
    const before = looks();
    for (let times = 0; times < 10; times += 1) await touch();
    expect(looks() - before).toBe(10);
  });

  test('is asked for anew once something was granted, and when somebody may have changed it', async () => {
    const { agent, looks, touch, plug, now } = await host();
    await touch();
    const before = looks();
    await plug(replugged(3));
    expect(now().grants.get('c:188:3')).toBe('rw');
    expect(looks()).toBeGreaterThan(before);
    const granted = looks();
    agent.handle({ kind: 'systemd', state: 'reloaded' });
    await atRest();
    expect(looks() - granted).toBe(1);
  });

  test.each([
    ['at rest', (act: () => void) => act()],
    ['while it answers', (act: () => void) => queueMicrotask(act)],
  ])('is put right at once when systemd is told something else of the unit %s', async (_when, soon) => {
    const { machine, agent, touch, now } = await host();
    const tell = () => {
      const start = machine.guests.get('web1');
      if (start) start.world = { ...start.world, grants: new Map() };
      agent.handle({ kind: 'folder-changed', id: 'units', name: 'web1' });
    };
    let isTold = false;
    machine.refuse = (_guest, what) => {
      if (what === 'grants' && !isTold) soon(tell);
      isTold ||= what === 'grants';
      return undefined;
    };
    await touch();
    await machine.clock.pass(0);
    expect([isTold, now().grants.get('c:188:0')]).toEqual([true, 'rw']);
  });
});

test('a unit that may open everything has its node, is warned about, and nothing is granted; its file closes it', async () => {
  const machine = new Machine();
  machine.cgroupOf = () => '/machine.slice/web1.service';
  machine.devices = [serial()];
  machine.start('web1', 'open');
  const config = configOf(rule('port', { match: { subsystem: ['tty'] } }));
  const { agent, configuration } = await startedStage(config, machine);
  const permissions = () => machine.asked.filter((what) => /^web1 (grant |revoke|confine|adopt)/.test(what));
  expect(machine.guests.get('web1')?.world.files.has('/dev/ttyUSB0')).toBe(true);
  expect(agent.control.guest('web1')).toMatchObject({
    policy: 'open',
    converged: true,
    refusals: [{ code: 'W_OPEN_POLICY', subject: 'web1' }],
  });
  expect(permissions()).toEqual([]);
  configuration.write({
    ok: true,
    config: { ...config, guests: [{ guest: 'web1', devices: 'confined' }] },
    warnings: [],
  });
  await agent.control.reload({ uid: 0, pid: 1 });
  await machine.clock.pass(2_000);
  expect(permissions()).toEqual(['web1 confine', 'web1 grant c:188:0']);
  expect(agent.control.guest('web1')).toMatchObject({ policy: 'confined', refusals: [] });
});

describe('while systemd does not answer', () => {
  test.each([
    ['it was known before what the guest may open', false],
    ['nothing is known of what the guest may open', true],
  ])('a node goes, and its permission as soon as that can be: %s', async (_what, isUnknown) => {
    const { machine, touch, plug, silence, now, before, refusals } = await host();
    silence(true);
    const asked = machine.asked.filter((what) => /revoke|grants/.test(what)).length;
    if (isUnknown) await touch();
    await plug();
    expect(now().files.has('/dev/ttyUSB0')).toBe(false);
    expect(now().grants.get('c:188:0')).toBe('rw');
    expect(machine.asked.filter((what) => /revoke|grants/.test(what)).length - asked).toBe(1);
    expect(refusals()).toEqual([{ code: 'E_SYSTEMD', subject: 'web1', detail: 'ETIMEDOUT /run/systemd/private' }]);
    silence(false);
    await machine.clock.pass(10_000);
    expect(now().grants).toEqual(before.grants);
    expect(refusals()).toEqual([]);
  });

  test('nothing is added, and nothing that is there and wanted goes', async () => {
    const { machine, touch, plug, silence, now, refusals } = await host(undefined, 'all');
    silence(true);
    await touch();
    await plug(serial(), replugged(3));
    machine.tamper('web1', '/dev/ttyUSB0', undefined);
    await machine.clock.pass(100);
    expect([...now().files.keys()]).toEqual(['/dev']);
    await machine.clock.pass(10_000);
    expect([...now().files.keys()]).toEqual(['/dev']);
    silence(false);
    await machine.clock.pass(40_000);
    expect([...now().files.keys()].sort()).toEqual(['/dev', '/dev/ttyUSB0', '/dev/ttyUSB3']);
    expect(refusals()).toEqual([]);
  });

  test('it is asked later and later, whatever happens in the guest', async () => {
    const { machine, touch, silence } = await host();
    silence(true);
    const from = machine.asked.length;
    for (let times = 0; times < 100; times += 1) {
      await touch();
      await machine.clock.pass(100);
    }
    const asked = machine.asked.slice(from).filter((what) => what === 'web1 grants');
    expect(asked.length).toBeLessThanOrEqual(11);
  });
});
