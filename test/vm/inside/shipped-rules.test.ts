import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import type { GuestView } from '../../scenarios/guest-view.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { emulated, gadgetry, graphicsCard, image, type Plug } from './plugs.ts';
import { plugUsb, type UsbDevice, unplugAll } from './usb.ts';

const SHIPPED = join(import.meta.dirname, '../../../rules');
const IMAGES = '/srv/images';
/** In the guest; some are unlike the host's. */
const GROUPS = { disk: 6, dialout: 20, scanner: 107, lp: 207, audio: 229, video: 244, input: 245, render: 246 };
/** There all the time, and in no rule. */
const NEIGHBOURS: readonly UsbDevice[] = [
  { id: 'keyboard', driver: 'usb-kbd', port: '1' },
  { id: 'tablet', driver: 'usb-tablet', port: '2' },
];

/** Some may be read only, some only both read and written. */
const OPEN_EACH = 'for path; do dd if="$path" of=/dev/null count=0 || : <> "$path"; done';

interface Trial {
  readonly name: string;
  readonly device: Plug;
  /** The whole of what the guest gets, by path below /dev with `#` for a number: subsystem and group. */
  readonly nodes: Readonly<Record<string, readonly [subsystem: string, group: keyof typeof GROUPS]>>;
  readonly links?: Readonly<Record<string, string>>;
}

/** It belongs to no card. */
const TIMER: Trial['nodes'] = { 'snd/timer': ['sound', 'audio'] };

const TRIALS: readonly Trial[] = [
  {
    name: 'usb-serial: a USB serial adapter',
    device: emulated({ id: 'adapter', driver: 'usb-serial', port: '3' }),
    nodes: { 'ttyUSB#': ['tty', 'dialout'] },
    links: { 'serial-adapter': '/dev/ttyUSB#' },
  },
  {
    name: 'usb-scanner: a USB scanner',
    device: gadgetry({ name: 'scanner', vendor: 0x04b8, product: 0x011f, functions: ['SourceSink'] }),
    nodes: { 'bus/usb/#/#': ['usb', 'scanner'] },
    links: { 'scanners/front': '/dev/bus/usb/#/#' },
  },
  {
    name: 'usb-printer and usb-printer-line: a USB printer, whatever its make',
    device: gadgetry({ name: 'printer', vendor: 0x03f0, product: 0x2b17, functions: ['printer'] }),
    nodes: { 'bus/usb/#/#': ['usb', 'lp'], 'usb/lp#': ['usbmisc', 'lp'] },
  },
  {
    name: 'sound: a USB sound card',
    device: emulated({ id: 'card', driver: 'usb-audio', port: '4' }),
    nodes: { 'snd/controlC#': ['sound', 'audio'], 'snd/pcmC#D#p': ['sound', 'audio'] },
  },
  {
    name: 'hid-raw and hid-input: a foot pedal',
    device: gadgetry({ name: 'pedal', vendor: 0x08ff, product: 0x0009, functions: ['hid'], report: 'buttons' }),
    nodes: { 'hidraw#': ['hidraw', 'input'], 'input/event#': ['input', 'input'] },
  },
  {
    name: 'hid-raw: a badge reader that types, whose keys stay with the host',
    device: gadgetry({ name: 'reader', vendor: 0x08ff, product: 0x0009, functions: ['hid'] }),
    nodes: { 'hidraw#': ['hidraw', 'input'] },
  },
  {
    name: 'dri-render: a graphics card without its screens',
    device: graphicsCard,
    nodes: { 'dri/renderD#': ['drm', 'render'] },
  },
  {
    name: 'dvb: a TV receiver',
    device: gadgetry({ name: 'receiver', vendor: 0x0ccd, product: 0x0038, functions: ['SourceSink'] }),
    nodes: {
      'dvb/adapter#/demux#': ['dvb', 'video'],
      'dvb/adapter#/dvr#': ['dvb', 'video'],
      'dvb/adapter#/net#': ['dvb', 'video'],
    },
  },
  {
    name: 'loop: an image under its one name',
    device: image(`${IMAGES}/office.img`),
    nodes: { image: ['block', 'disk'] },
  },
  {
    name: 'loop-partitions: the partitions of an image',
    device: image(`${IMAGES}/your-parted.img`, ',1M\n'),
    nodes: { 'loop#p#': ['block', 'disk'] },
  },
];

describe('Shipped rules: in a guest that all of them name', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let inside: GuestView;

  beforeAll(async () => {
    execFileSync('modprobe', ['snd_timer']);
    execFileSync('modprobe', ['dvb_usb', 'disable_rc_polling=1']);
    await graphicsCard.unplug();
    mkdirSync(IMAGES, { recursive: true });
    for (const device of NEIGHBOURS) await plugUsb(device);
    scene = await createScene({ rules: '[]', agent: 'later' });
    copyRules(join(scene.agent.folder, 'etc/rules'));
    await scene.agent.start();
    guest = await scene.guest('office', { furnish: addGroups });
    inside = await guest.inside();
  });
  afterAll(async () => {
    await unplugAll(NEIGHBOURS.map(({ id }) => id));
    await graphicsCard.plug();
    rmSync(IMAGES, { recursive: true, force: true });
    await scene?.end();
  });

  const has = ({ nodes, links = {} }: Pick<Trial, 'nodes' | 'links'>) => {
    const names = inside.names();
    const isLink = (name: string) => Object.hasOwn(links, name);
    const found = names.filter((name) => !name.endsWith('/') && !isLink(name));
    const wanted = Object.entries({ ...TIMER, ...nodes });
    expect(found.map((name) => `${shape(name)} ${looks(inside, name)}`).sort()).toEqual(
      wanted.map(([path, [subsystem, group]]) => `${path} ${subsystem} 0660 0:${GROUPS[group]}`).sort(),
    );
    const targets = names.filter(isLink).map((name) => [name, shape(inside.link(`/dev/${name}`))]);
    expect(Object.fromEntries(targets)).toEqual(links);
    return [...found, ...Object.keys(links)].map((name) => `/dev/${name}`);
  };

  test.each(TRIALS)('$name comes, may be opened, and goes', async ({ device, ...wanted }) => {
    await eventually(() => has({ nodes: {} }));
    try {
      await device.plug();
      const paths = await eventually(() => has(wanted));
      await guest.attach('sh', '-ec', OPEN_EACH, 'sh', ...paths);
    } finally {
      await device.unplug();
    }
    await eventually(() => expect(inside.names()).toEqual(['snd/', 'snd/timer']));
  });
});

/** As their first lines say it, with the makes that are here. */
function copyRules(folder: string): void {
  for (const name of readdirSync(SHIPPED)) {
    const text = readFileSync(join(SHIPPED, name), 'utf8')
      .replaceAll('your-guest', 'office')
      .replace('idVendor: "0d8c", idProduct: "0014"', 'idVendor: "46f4", idProduct: "0002"')
      .replace('idVendor: "2040", idProduct: "7070"', 'idVendor: "0ccd", idProduct: "0038"');
    writeFileSync(join(folder, name), text);
  }
}

function addGroups(folder: string): void {
  const file = join(folder, 'rootfs/etc/group');
  const known = readFileSync(file, 'utf8');
  const others = Object.entries(GROUPS).filter(([name]) => !known.includes(`\n${name}:`));
  appendFileSync(file, others.map(([name, id]) => `${name}:x:${id}:\n`).join(''));
}

function shape(path: string): string {
  return path.replaceAll(/\d+/g, '#');
}

/** Whose device a node is, its mode and its owner. */
function looks(inside: GuestView, name: string): string {
  const [number = '', ...rest] = inside.node(`/dev/${name}`).split(' ');
  const [type, major, minor] = number.split(':');
  const device = `/sys/dev/${type === 'b' ? 'block' : 'char'}/${major}:${minor}/subsystem`;
  return [basename(realpathSync(device)), ...rest].join(' ');
}
