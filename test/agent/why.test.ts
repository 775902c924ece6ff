import { describe, expect, test } from 'vitest';
import type { Rule } from '../../src/model/rule.ts';
import { HUB, replugged, rule, serial } from '../devices/make.ts';
import { rootAt, webcam } from '../devices/webcam.ts';
import { type File, tamper } from '../devices/world.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const usb = { ...serial(), ...HUB, ancestors: [], links: [] };

async function hostWith(...rules: readonly Rule[]) {
  const machine = new Machine();
  machine.devices = [serial(), { ...usb, number: { type: 'c', major: 189, minor: 4 }, node: '/dev/bus/usb/001/005' }];
  machine.start('web1');
  machine.start('web2');
  const { agent } = await startedStage(configOf(...rules), machine);
  return agent.control;
}

const port = rule('port', { match: { subsystem: ['tty'] }, exclusive: true });

test.each([
  ['its node', '/dev/ttyUSB0'],
  ['a link', '/dev/serial/by-id/usb-FTDI_FT232R_A4008T7W-if00-port0'],
  ['its number', 'c:188:0'],
  ['its kernel name', 'ttyUSB0'],
  ['its DEVPATH', serial().devpath],
  ['its path in sysfs', `/sys${serial().devpath}`],
])('a device is known by %s', async (_what, name) => {
  const { why } = await hostWith(port);
  expect(why(name)?.device.devpath).toBe(serial().devpath);
});

test('a USB device is known by its port, what is below it is not', async () => {
  const { why } = await hostWith(port);
  expect(why('1-1')?.device.devpath).toBe(HUB.devpath);
  expect(why('1-1.2')).toBeUndefined();
  expect(why('/dev/nothing')).toBeUndefined();
});

test('for each rule it is told that it matched, or what did not with both values', async () => {
  const { why } = await hostWith(port, rule('sound', { match: { subsystem: ['sound'] }, guests: ['web*'] }));
  expect(why('ttyUSB0')).toMatchObject({
    device: { given: [{ guest: 'web1', rule: 'port', path: '/dev/ttyUSB0' }] },
    rules: [
      { rule: 'port', matched: true, guests: ['web1'] },
      { rule: 'sound', matched: false, guests: ['web1', 'web2'], failed: { wanted: 'sound', found: 'tty' } },
    ],
  });
});

test('a rule that matches and still does not give says why', async () => {
  const late = rule('late', { match: { subsystem: ['tty'] }, guests: ['web2'] });
  const { why } = await hostWith(port, late);
  expect(why('ttyUSB0')?.rules[1]).toMatchObject({ matched: true, refusal: { code: 'E_CONFLICT' } });
  expect(why('ttyUSB0')?.rules[0]?.refusal).toBeUndefined();
});

test('the devices of one guest are those that it has', async () => {
  const { devices } = await hostWith(port);
  expect(devices().map(({ sysname }) => sysname)).toEqual(['ttyUSB0', '1-1']);
  expect(devices('web1').map(({ sysname }) => sysname)).toEqual(['ttyUSB0']);
  expect(devices('web2')).toEqual([]);
});

test("a device that several are for is nobody's, and each of them says so", async () => {
  const machine = new Machine();
  machine.devices = [serial(), replugged(3)];
  machine.start('web1');
  const { agent } = await startedStage(configOf(port), machine);
  for (const name of ['ttyUSB0', 'ttyUSB3']) {
    expect(agent.control.why(name)).toMatchObject({
      device: { given: [] },
      rules: [{ refusal: { code: 'E_AMBIGUOUS' } }],
    });
  }
});

describe('of a rule that takes whole devices', () => {
  const cam = rule('cam', { match: { attr: { idProduct: ['0825'] } }, take: 'whole' });
  const hostWithCam = async (file?: File) => {
    const machine = new Machine();
    machine.devices = [...webcam('1-3'), ...webcam('1-4', 1).slice(1)];
    const start = machine.start('web1');
    if (file) start.world = tamper(start.world, '/dev/video0', file);
    const { agent } = await startedStage(configOf(cam), machine);
    return agent.control;
  };

  test('a part is told which device it is a part of, and a part of another one what does not match', async () => {
    const { why } = await hostWithCam();
    expect(why('hidraw0')?.rules).toMatchObject([{ matched: true, partOf: rootAt('1-3') }]);
    expect(why('1-3')?.rules[0]).not.toHaveProperty('partOf');
    expect(why('hidraw1')?.rules).toMatchObject([{ matched: false, failed: { key: 'attr.idProduct' } }]);
  });

  test('a part that stays away for another one is told for which', async () => {
    const { why } = await hostWithCam({ kind: 'file' });
    expect(why('video0')?.rules[0]?.refusal).toMatchObject({ code: 'E_NODE_FOREIGN' });
    expect(why('hidraw0')?.rules[0]?.refusal).toMatchObject({
      code: 'E_INCOMPLETE',
      detail: expect.stringContaining('cannot have /dev/video0'),
    });
  });
});
