import { expect, test } from 'vitest';
import type { Config } from '../../src/model/config.ts';
import type { Device } from '../../src/model/device.ts';
import { replugged, rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf, SETTINGS } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const port = rule('port', { match: { subsystem: ['tty'] }, exclusive: true, node: { path: '/dev/line' } });
const everybody = rule('everybody', { match: { subsystem: ['tty'] }, guests: ['web2', 'web3'] });

/** The same adapter at another port. */
function twin(): Device {
  const devpath = '/devices/pci0000:00/usb1/1-7/1-7:1.0/ttyUSB7/tty/ttyUSB7';
  return serial({ devpath, sysname: 'ttyUSB7', number: { type: 'c', major: 188, minor: 7 }, node: '/dev/ttyUSB7' });
}

async function stageWith(config: Config) {
  const machine = new Machine();
  machine.start('web1');
  machine.start('web2');
  const stage = await startedStage(config, machine);
  const plug = async (device: Device) => {
    machine.devices = [...machine.devices, device];
    machine.uevent('udev', 'add', device);
    await atRest();
  };
  const unplug = async ({ devpath }: Device) => {
    const gone = machine.devices.filter((device) => device.devpath === devpath);
    machine.devices = machine.devices.filter((device) => device.devpath !== devpath);
    for (const device of gone) machine.uevent('kernel', 'remove', device);
    await atRest();
  };
  const numbers = (guest: string) => stage.agent.control.guest(guest)?.nodes.map(({ number }) => number);
  const codes = (guest: string) => stage.agent.control.guest(guest)?.refusals.map(({ code }) => code);
  return { ...stage, plug, unplug, numbers, codes };
}

test('another firmware at the same port takes the slot of the first, and nobody else is given anything in between', async () => {
  const { machine, plug, unplug, numbers, codes, agent } = await stageWith(configOf(port, everybody));
  await plug(replugged(0));
  expect(numbers('web1')).toEqual(['c:188:0']);
  await unplug(replugged(0));
  await plug(twin());
  await machine.clock.pass(300);
  expect([numbers('web1'), numbers('web2'), codes('web1')]).toEqual([[], [], ['W_SLOT']]);
  await plug(replugged(1));
  expect([numbers('web1'), numbers('web2')]).toEqual([['c:188:1'], []]);
  expect(agent.control.why('/dev/ttyUSB7')?.rules[0]?.refusal?.code).toBe('W_SLOT');
  await unplug(twin());
  await machine.clock.pass(10_000);
  expect([numbers('web1'), codes('web1')]).toEqual([['c:188:1'], []]);
});

test('after a second the slot is free without any event', async () => {
  const { machine, plug, unplug, numbers } = await stageWith(configOf(port));
  await plug(replugged(0));
  await unplug(replugged(0));
  await plug(twin());
  await machine.clock.pass(999);
  expect(numbers('web1')).toEqual([]);
  await machine.clock.pass(1);
  expect(numbers('web1')).toEqual(['c:188:7']);
});

test('a device that comes and goes is held off, told once, counted, and given again when it is calm', async () => {
  const { machine, agent, plug, unplug, numbers, codes, log } = await stageWith(configOf(port));
  const again = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      await unplug(replugged(0));
      await machine.clock.pass(100);
      await plug(replugged(0));
    }
  };
  await plug(replugged(0));
  await again(11);
  expect([numbers('web1'), codes('web1')]).toEqual([['c:188:0'], []]);
  await again(1);
  expect([numbers('web1'), codes('web1')]).toEqual([[], ['W_DEVICE_FLAPS']]);
  const asked = machine.asked.length;
  await again(17);
  expect(machine.asked.slice(asked).filter((what) => /grant c|make/.test(what))).toEqual([]);
  const told = log.filter(({ message }) => message.startsWith('W_DEVICE_FLAPS'));
  expect(told.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^W_DEVICE_FLAPS web1:port: ttyUSB0 \(port 1-1\.2, .*\) was plugged in 13 times in 20 s; not given until/,
    ),
  ]);
  const { control } = agent;
  expect(control.status().counters.devices_damped_total).toBe(1);
  expect(control.status().warnings.map(({ code }) => code)).toEqual(['W_DEVICE_FLAPS']);
  expect(control.why('/dev/ttyUSB0')?.rules[0]?.refusal?.code).toBe('W_DEVICE_FLAPS');
  expect(control.devices()[0]?.heldOff).toEqual(['port']);
  await machine.clock.pass(5_000);
  expect([numbers('web1'), codes('web1')]).toEqual([['c:188:0'], []]);
  expect(control.devices()[0]?.heldOff).toBe(undefined);
});

test('a removal is never held up', async () => {
  const settings = { ...SETTINGS, damping: { plugs: 1, withinMs: 20_000, calmMs: 5_000 } };
  const { plug, unplug, numbers } = await stageWith({ ...configOf(port), settings });
  await plug(replugged(0));
  await unplug(replugged(0));
  expect(numbers('web1')).toEqual([]);
});

test('what was there before it was asked for is not plugged in by a new configuration', async () => {
  const machine = new Machine();
  machine.devices = [replugged(0)];
  machine.start('web1');
  const settings = { ...SETTINGS, damping: { plugs: 1, withinMs: 20_000, calmMs: 5_000 } };
  const { agent, configuration } = await startedStage({ ...configOf(port), settings }, machine);
  for (const mode of [0o600, 0o640, 0o660]) {
    const config = { ...configOf({ ...port, node: { ...port.node, mode } }), settings };
    configuration.write({ ok: true, config, warnings: [] });
    await agent.control.reload({ uid: 0, pid: 1 });
  }
  await atRest();
  expect(agent.control.guest('web1')?.nodes).toHaveLength(1);
});
