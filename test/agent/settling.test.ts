import { describe, expect, test } from 'vitest';
import type { Device } from '../../src/model/device.ts';
import type { Rule } from '../../src/model/rule.ts';
import { rule, serial } from '../devices/make.ts';
import { hub, pathsOf, webcam } from '../devices/webcam.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../fakes/stage.ts';
import { memoryStore } from '../fakes/store.ts';

const cam = rule('cam', { match: { attr: { idProduct: ['0825'] } }, take: 'whole' });
const parts = webcam('1-3');
const [usb, ...others] = parts;

/** A guest that runs before anything is plugged in. */
async function waiting(...rules: readonly Rule[]) {
  const machine = new Machine();
  machine.start('web1');
  return startedStage(configOf(...rules), machine);
}

type Stage = Awaited<ReturnType<typeof waiting>>;

function announce({ machine }: Stage, ...devices: readonly (Device | undefined)[]): void {
  for (const device of devices) {
    if (device === undefined) continue;
    machine.devices = [...machine.devices, device];
    machine.uevent('kernel', 'add', device);
  }
}

async function finish({ machine }: Stage, ...devices: readonly (Device | undefined)[]): Promise<void> {
  for (const device of devices) if (device !== undefined) machine.uevent('udev', 'add', device);
  await atRest();
}

/** Somebody in the guest does something that is of no consequence. */
async function anyPass({ agent }: Stage): Promise<void> {
  agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: false });
  await atRest();
}

function startedOn(machine: Machine, store: ReturnType<typeof memoryStore>) {
  const config = configOf(cam);
  return stage(machine, config, portsOf(machine, config, store));
}

function nodes({ machine }: Pick<Stage, 'machine'>): readonly string[] {
  const files = [...(machine.guests.get('web1')?.world.files ?? [])];
  return files.flatMap(([path, { kind }]) => (kind === 'device' ? [path] : [])).sort();
}

describe('a device of several parts', () => {
  test('comes at once when udev has finished with the last of them', async () => {
    const stage = await waiting(cam);
    announce(stage, ...parts);
    for (const part of parts) {
      expect(nodes(stage)).toEqual([]);
      await finish(stage, part);
    }
    expect(nodes(stage)).toEqual(pathsOf(parts));
    expect(stage.agent.control.status()).toMatchObject({ converged: true, warnings: [] });
  });

  test('waits for the interfaces that it says it has, also before the kernel has told of them', async () => {
    const stage = await waiting(cam);
    announce(stage, usb);
    await finish(stage, usb);
    expect(nodes(stage)).toEqual([]);
    announce(stage, ...others);
    await finish(stage, ...others);
    expect(nodes(stage)).toEqual(pathsOf(parts));
  });

  test('comes without what has not come in three seconds, and that is said until it has', async () => {
    const stage = await waiting(cam);
    const late = (device: Device) => device.sysname === '1-3:1.2' || device.sysname === 'hidraw0';
    const early = parts.filter((part) => !late(part));
    announce(stage, ...early);
    await finish(stage, ...early);
    await stage.machine.clock.pass(2_999);
    expect(nodes(stage)).toEqual([]);
    await stage.machine.clock.pass(1);
    expect(nodes(stage)).toEqual(pathsOf(early));
    const [warning] = stage.agent.control.status().warnings;
    expect(warning).toMatchObject({
      code: 'W_UNSETTLED',
      subject: 'web1:cam',
      detail: '1-3 (port 1-3, serial C0) is given without what did not come in 3 s: 1 of 3 interfaces',
    });
    expect(stage.agent.control.status().converged).toBe(true);
    announce(stage, ...parts.filter(late));
    await finish(stage, ...parts.filter(late));
    expect(nodes(stage)).toEqual(pathsOf(parts));
    expect(stage.agent.control.status().warnings).toEqual([]);
  });

  test('that is there is joined by a part that comes later, and nothing of it goes meanwhile', async () => {
    const stage = await waiting(rule('all', { match: { below: ['1-3'] }, take: 'all' }));
    const early = parts.filter(({ sysname }) => sysname !== 'hidraw0');
    announce(stage, ...early);
    await finish(stage, ...early);
    expect(nodes(stage)).toEqual(pathsOf(early));
    announce(stage, ...parts.filter((part) => !early.includes(part)));
    await anyPass(stage);
    expect(nodes(stage)).toEqual(pathsOf(early));
    await finish(stage, ...parts.filter((part) => !early.includes(part)));
    expect(nodes(stage)).toEqual(pathsOf(parts));
  });

  test('is waited for anew when it is plugged in again', async () => {
    const stage = await waiting(cam);
    announce(stage, ...parts);
    await finish(stage, ...parts);
    for (const part of parts.toReversed()) stage.machine.uevent('kernel', 'remove', part);
    stage.machine.devices = [];
    await atRest();
    expect(nodes(stage)).toEqual([]);
    announce(stage, usb);
    await finish(stage, usb);
    expect(nodes(stage)).toEqual([]);
  });

  test('is not taken away by an agent that starts when the guest has it', async () => {
    const machine = new Machine();
    machine.start('web1');
    machine.devices = parts.filter(({ sysname }) => sysname !== '1-3:1.2');
    const store = memoryStore();
    const start = async () => {
      const stage = startedOn(machine, store);
      await stage.agent.start();
      await machine.clock.pass(3_000);
      return stage;
    };
    expect(nodes(await start())).toEqual(pathsOf(parts));
    const asked = machine.asked.length;
    machine.line.cut();
    machine.clock.silence();
    machine.startExecutor();
    expect(nodes(await start())).toEqual(pathsOf(parts));
    expect(machine.asked.slice(asked).filter((what) => /-node|grant c|revoke/.test(what))).toEqual([]);
  });

  test('comes when udev has finished with the last part, also where no rule is about that one', async () => {
    const video = rule('video', { match: { subsystem: ['video4linux'] }, take: 'all' });
    const stage = await waiting(video, rule('other', { match: { sysname: ['nothing'] } }));
    const asked = parts.filter(({ subsystem }) => subsystem === 'video4linux');
    announce(stage, ...parts);
    await finish(stage, ...asked);
    expect(nodes(stage)).toEqual([]);
    await finish(stage, ...parts.filter((part) => !asked.includes(part)));
    expect(nodes(stage)).toEqual(pathsOf(asked));
  });

  test.each(['stop', 'restart'])('is waited for anew when the guest starts anew (%s)', async (how) => {
    const stage = await waiting(cam);
    const { machine } = stage;
    announce(stage, usb);
    await finish(stage, usb);
    await machine.clock.pass(1_000);
    machine.stop('web1');
    if (how === 'stop') await machine.clock.pass(10_000);
    machine.start('web1');
    await machine.clock.pass(2_999);
    expect(nodes(stage)).toEqual([]);
    announce(stage, ...others);
    await finish(stage, ...others);
    expect(nodes(stage)).toEqual(pathsOf(parts));
    expect(stage.agent.control.status().warnings).toEqual([]);
  });

  test('is looked at when something is said of its own parts, not of other devices', async () => {
    const stage = await waiting(
      cam,
      rule('other', { match: { subsystem: ['tty', 'usb', 'video4linux'] }, guests: ['web2'] }),
    );
    const passes = () => stage.agent.control.status().counters.passes_total ?? 0;
    announce(stage, usb);
    await finish(stage, usb);
    const before = passes();
    const strange = (device: Device) => ({ ...device, attrs: { ...device.attrs, idProduct: '0001' } });
    const neighbours = [serial(), ...[...webcam('1-30', 3), ...webcam('1-3.1', 4)].map(strange)];
    announce(stage, ...neighbours);
    await finish(stage, ...neighbours);
    expect(passes()).toBe(before);
    announce(stage, others[0]);
    await finish(stage, others[0]);
    expect(passes()).toBe(before + 1);
  });

  test('holds up neither another device nor a rule that takes one', async () => {
    const line = rule('line', { match: { subsystem: ['tty'] } });
    const stage = await waiting(
      cam,
      line,
      rule('video', { match: { sysname: ['video0'] }, node: { path: '/dev/eye' } }),
    );
    announce(stage, ...parts, serial());
    await finish(
      stage,
      usb,
      parts.find(({ sysname }) => sysname === 'video0'),
      serial(),
    );
    expect(nodes(stage)).toEqual(['/dev/eye', '/dev/ttyUSB0']);
  });
});

describe('a part that cannot be made', () => {
  test.each([
    ['a node', 'make-node /dev/video1'],
    ['a permission', 'grant c:81:1'],
  ])('%s: what was made of its device is taken back at once, others are there', async (_, what) => {
    const stage = await waiting(cam, rule('line', { match: { subsystem: ['tty'] } }));
    const { machine, agent } = stage;
    machine.refuse = (_guest, asked) =>
      asked === what ? { errno: 'ENOSPC', call: 'mknodat', subject: '' } : undefined;
    announce(stage, ...parts, serial());
    await finish(stage, ...parts, serial());
    expect(nodes(stage)).toEqual(['/dev/ttyUSB0']);
    expect(agent.control.guest('web1')?.nodes.map(({ path }) => path)).toEqual(['/dev/ttyUSB0']);
    expect(
      agent.control
        .guest('web1')
        ?.refusals.map(({ code }) => code)
        .sort(),
    ).toEqual(['E_ACTION', 'E_INCOMPLETE']);
    machine.refuse = () => undefined;
    await machine.clock.pass(1_000);
    expect(nodes(stage)).toEqual(['/dev/ttyUSB0', ...pathsOf(parts)].sort());
    expect(agent.control.guest('web1')).toMatchObject({ converged: true, refusals: [] });
  });
});

describe('everything below a hub', () => {
  const all = rule('all', { match: { below: ['1-3'] }, take: 'all' });
  const devices = [...hub('1-3'), ...webcam('1-3.1'), ...webcam('1-3.2', 1), ...webcam('1-3.4', 2)];

  test('comes, and goes child first while the kernel tells of one removal after the other', async () => {
    const stage = await waiting(all);
    const { machine } = stage;
    announce(stage, ...devices, ...webcam('1-30', 3));
    await finish(stage, ...devices, ...webcam('1-30', 3));
    expect(nodes(stage)).toEqual(pathsOf(devices));

    const depth = new Map(devices.map(({ node, devpath }) => [node, devpath.split('/').length]));
    const removed: string[] = [];
    machine.onAction = (_guest, action) => {
      if (action.verb !== 'remove-node') return;
      const left = nodes(stage).filter((path) => path !== action.path && isBelow(path, action.path));
      expect(left).toEqual([]);
      removed.push(action.path);
    };
    const isBelow = (path: string, other: string) => {
      const [below, above] = [path, other].map((one) => devices.find(({ node }) => node === one)?.devpath ?? '');
      return below?.startsWith(`${above}/`) === true;
    };
    for (const gone of devices.toSorted((a, b) => b.devpath.split('/').length - a.devpath.split('/').length)) {
      machine.devices = machine.devices.filter((one) => one !== gone);
      machine.uevent('kernel', 'remove', gone);
      await Promise.resolve();
    }
    await atRest();
    expect(nodes(stage)).toEqual([]);
    expect(removed).toHaveLength(depth.size - 1);
    expect([...(machine.guests.get('web1')?.world.files.keys() ?? [])]).toEqual(['/dev']);
  });

  test('goes child first, too, when the hub is the first thing that is heard to be gone', async () => {
    const stage = await waiting(all);
    const { machine } = stage;
    announce(stage, ...devices);
    await finish(stage, ...devices);
    const removed: number[] = [];
    machine.onAction = (_guest, action) => {
      if (action.verb === 'remove-node') removed.push(depthOf(action.path));
    };
    const depthOf = (path: string) => devices.find(({ node }) => node === path)?.devpath.split('/').length ?? 0;
    machine.devices = [];
    machine.uevent('kernel', 'remove', devices[0] ?? serial());
    await atRest();
    expect(nodes(stage)).toEqual([]);
    expect(removed).toEqual(removed.toSorted((a, b) => b - a));
    expect(removed).toHaveLength(pathsOf(devices).length);
  });
});
