import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { matches } from '../../src/devices/match.ts';
import type { Device } from '../../src/model/device.ts';
import { folderOf } from '../config/folder.ts';
import { alone, below, node, pciCard, usbDevice } from './udev-devices.ts';

const serial = usbDevice(['0403', '6001'], ':ffffff:', { ID_SERIAL_SHORT: 'A10234XY' });
const scanner = usbDevice(['04b8', '011f'], ':ffffff:', { libsane_matched: 'yes' });
const printer = usbDevice(['03f0', '2b17'], ':070102:');
const allInOne = usbDevice(['04b8', '089e'], ':ffffff:070102:080650:');
const receiver = usbDevice(['2040', '7070'], ':ff0000:');
const card = usbDevice(['0d8c', '0014'], ':010100:010200:030000:');
const badges = usbDevice(['08ff', '0009'], ':030000:');
const keyboard = usbDevice(['046d', 'c31c'], ':030101:030000:');
const stick = usbDevice(['0781', '5567'], ':080650:');

const tty = (usb: Device, name: string, minor: number) =>
  below(usb, 'tty', `${name}/tty/${name}`, node(name, 'c', name.startsWith('ttyACM') ? 166 : 188, minor));
const hidraw = (usb: Device, number: number) =>
  below(usb, 'hidraw', `0003:08FF:0009.0001/hidraw/hidraw${number}`, node(`hidraw${number}`, 'c', 240, number));
const event = (usb: Device, number: number, properties: Device['properties']) =>
  below(
    usb,
    'input',
    `0003:08FF:0009.0001/input/input${number}/event${number}`,
    node(`input/event${number}`, 'c', 13, 64),
    {
      properties: { ID_INPUT: '1', ...properties },
    },
  );
const sound = (usb: Device, name: string, minor: number) =>
  below(usb, 'sound', `sound/card1/${name}`, node(`snd/${name}`, 'c', 116, minor));
const dvb = (usb: Device, name: string, minor: number) =>
  below(usb, 'dvb', `dvb/dvb0.${name}`, node(`dvb/adapter0/${name}`, 'c', 212, minor), {
    properties: { DVB_ADAPTER_NUM: '0', DVB_DEVICE_TYPE: name.slice(0, -1), DVB_DEVICE_NUM: '0' },
  });
const drm = (name: string, minor: number) =>
  alone('drm', `/devices/pci0000:00/0000:00:02.0/drm/${name}`, node(`dri/${name}`, 'c', 226, minor), {
    devtype: 'drm_minor',
    ancestors: [pciCard('0000:00:02.0', '0x8086', '0x5916')],
  });
const timer = alone('sound', '/devices/virtual/sound/timer', node('snd/timer', 'c', 116, 33));
const loop = (file: string | undefined): Device =>
  alone('block', '/devices/virtual/block/loop0', node('loop0', 'b', 7, 0), {
    devtype: 'disk',
    attrs: file === undefined ? {} : { 'loop/backing_file': file },
  });
const partition = (file: string) =>
  alone('block', '/devices/virtual/block/loop0/loop0p1', node('loop0p1', 'b', 259, 0), {
    devtype: 'partition',
    ancestors: [loop(file)],
  });
const vmDisk = alone('block', '/devices/pci0000:00/0000:00:05.0/virtio1/block/vda', node('vda', 'b', 254, 0), {
  devtype: 'disk',
});

/** What each rule gives, and what is like it and is not given. */
const GIVEN: Readonly<Record<string, readonly [given: readonly Device[], kept: readonly Device[]]>> = {
  'usb-serial': [
    [tty(serial, 'ttyUSB0', 0), tty(serial, 'ttyACM0', 0)],
    [tty(keyboard, 'ttyUSB1', 1), serial, alone('tty', '/devices/pnp0/00:04/tty/ttyS0', node('ttyS0', 'c', 4, 64))],
  ],
  'usb-scanner': [[scanner], [allInOne, printer]],
  'usb-printer': [
    [printer, allInOne],
    [scanner, stick, below(printer, 'usbmisc', 'usbmisc/lp0', node('usb/lp0', 'c', 180, 0))],
  ],
  'usb-printer-line': [
    [below(printer, 'usbmisc', 'usbmisc/lp1', node('usb/lp1', 'c', 180, 1))],
    [printer, below(badges, 'usbmisc', 'usbmisc/hiddev0', node('usb/hiddev0', 'c', 180, 96))],
  ],
  dvb: [
    [dvb(receiver, 'frontend0', 0), dvb(receiver, 'demux0', 1), dvb(receiver, 'dvr0', 2), dvb(receiver, 'net0', 3)],
    [receiver, dvb(card, 'frontend0', 4), event(receiver, 9, { ID_INPUT_KEY: '1' })],
  ],
  'dri-render': [[drm('renderD128', 128)], [drm('card0', 0)]],
  sound: [
    [
      sound(card, 'controlC1', 32),
      sound(card, 'pcmC1D0p', 48),
      sound(card, 'pcmC1D0c', 56),
      sound(card, 'midiC1D0', 40),
    ],
    [
      sound(receiver, 'controlC1', 32),
      timer,
      event(card, 8, { ID_INPUT_KEY: '1' }),
      alone('sound', '/devices/pci0000:00/0000:00:1f.3/sound/card0/controlC0', node('snd/controlC0', 'c', 116, 0), {
        ancestors: [pciCard('0000:00:1f.3', '0x8086', '0x9d71')],
      }),
    ],
  ],
  'sound-timer': [[timer], [alone('sound', '/devices/virtual/sound/seq', node('snd/seq', 'c', 116, 1))]],
  'hid-raw': [
    [hidraw(badges, 0), hidraw(badges, 1)],
    [hidraw(keyboard, 2), badges, event(badges, 5, {})],
  ],
  'hid-input': [
    [event(badges, 5, { ID_INPUT_KEY: '1' })],
    [
      event(badges, 6, { ID_INPUT_KEY: '1', ID_INPUT_KEYBOARD: '1' }),
      event(keyboard, 7, { ID_INPUT_KEY: '1', ID_INPUT_KEYBOARD: '1' }),
      event(keyboard, 8, { ID_INPUT_KEY: '1' }),
      below(badges, 'input', '0003:08FF:0009.0001/input/input5/js0', node('input/js0', 'c', 13, 0)),
    ],
  ],
  loop: [
    [loop('/srv/images/your-guest.img')],
    [loop(undefined), loop('/srv/images/another.img'), partition('/srv/images/your-guest.img'), vmDisk],
  ],
  'loop-partitions': [
    [partition('/srv/images/your-parted.img')],
    [partition('/srv/images/your-guest.img'), loop('/srv/images/your-parted.img')],
  ],
};

const folder = join(import.meta.dirname, '../../rules');
const files = readdirSync(folder).map((name) => [`rules/${name}`, readFileSync(join(folder, name), 'utf8')]);
const loaded = await loadConfig(folderOf(Object.fromEntries(files)), {});
const rules = loaded.ok ? loaded.config.rules : [];

test('every shipped rule is tried here', () => {
  expect(rules.map(({ name }) => name).sort()).toEqual(Object.keys(GIVEN).sort());
});

test.each(rules)('$name gives what it is for, and nothing that is like it', ({ name, match }) => {
  const [given = [], kept = []] = GIVEN[name] ?? [];
  const names = (devices: readonly Device[]) => devices.map(({ devpath }) => devpath);
  expect(names(given.filter((device) => matches(match, device)))).toEqual(names(given));
  expect(names(kept.filter((device) => matches(match, device)))).toEqual([]);
});

test("no shipped rule gives a keyboard of the host or the host's own disk, whatever guest is put in", () => {
  const own = [
    keyboard,
    hidraw(keyboard, 2),
    event(keyboard, 7, { ID_INPUT_KEY: '1', ID_INPUT_KEYBOARD: '1' }),
    vmDisk,
  ];
  for (const { match } of rules) expect(own.filter((device) => matches(match, device))).toEqual([]);
});

test('no shipped rule names a guest that is there by chance', () => {
  const guests = new Set(rules.flatMap((rule) => rule.guests));
  expect([...guests].sort()).toEqual(['another-guest', 'your-guest']);
});
