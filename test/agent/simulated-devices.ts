import type { Config } from '../../src/model/config.ts';
import type { Device } from '../../src/model/device.ts';
import { numberText } from '../../src/model/number.ts';
import type { Rule } from '../../src/model/rule.ts';
import { ownershipText } from '../../src/report/action-text.ts';
import { rule } from '../devices/make.ts';
import { emptyWorld, NAMES } from '../devices/world.ts';
import { configOf, SETTINGS } from '../fakes/configuration.ts';

export const MODELS = ['scanner', 'modem', 'sound', 'printer', 'webcam'] as const;
/** Every rule that gives one of these gives it to one guest alone. */
export const KEPT_FOR_ONE: readonly string[] = ['scanner', 'modem'];
export type Model = (typeof MODELS)[number];

/** All that one plug brings, as udev has it in the end; the physical device itself comes first. */
export function plugOf(model: Model, minor: number): readonly Device[] {
  if (model !== 'webcam') return [device(model, minor)];
  const port = `2-${minor + 1}`;
  const { number: _, node: __, ...rest } = webcamPart(port, `${port}:1.0`, 'usb', minor, 0);
  return [
    { ...webcamPart(port, '', 'usb', minor, 189), devtype: 'usb_device', attrs: { model, bNumInterfaces: ' 1' } },
    { ...rest, devtype: 'usb_interface' },
    webcamPart(port, `${port}:1.0/video4linux/video${minor}`, 'video4linux', minor, 81),
    webcamPart(port, `${port}:1.0/hidraw/hidraw${minor}`, 'hidraw', minor, 240),
  ];
}

function webcamPart(port: string, path: string, subsystem: string, minor: number, major: number): Device {
  const { hostNode = ROOTS, ...rest } = device('printer', minor);
  const devpath = path === '' ? `/devices/pci0000:00/usb2/${port}` : `/devices/pci0000:00/usb2/${port}/${path}`;
  const sysname = devpath.slice(devpath.lastIndexOf('/') + 1);
  return {
    ...rest,
    devpath,
    sysname,
    subsystem,
    attrs: {},
    number: { type: 'c', major, minor },
    node: `/dev/cam/${sysname}`,
    hostNode,
  };
}

const ROOTS = { mode: 0o600, owner: 'root', group: 'root' };

function device(model: Model, minor: number): Device {
  return {
    devpath: `/devices/pci0000:00/usb1/1-${minor + 1}/${model}/${minor}`,
    sysname: `${model}${minor}`,
    subsystem: model === 'sound' ? 'sound' : 'tty',
    attrs: { model },
    number: { type: 'c', major: 188, minor },
    node: model === 'sound' ? `/dev/snd/pcm${minor}` : `/dev/tty${minor}`,
    properties: {},
    tags: [],
    links: [],
    ancestors: [],
    hostNode: { mode: 0o660, owner: 'root', group: 'dialout' },
  };
}

const scanner = rule('scanner', {
  match: { subsystem: ['tty'], attr: { model: ['scanner'] } },
  exclusive: true,
  unplug: 'term',
  node: { path: '/dev/scan/a', mode: 0o640, group: 'scanner' },
  links: ['/dev/front'],
});
const modems = rule('modems', {
  match: { attr: { model: ['modem'] } },
  guests: ['web2'],
  exclusive: true,
  take: 'all',
});
const sounds = rule('sounds', { match: { subsystem: ['sound'] }, guests: ['web*'], take: 'all', access: 'r' });
const printer = rule('printer', {
  match: { subsystem: ['tty'], attr: { model: ['printer'] } },
  links: ['/dev/printers/first', '/dev/front-printer'],
  access: 'rwm',
});
const webcam = rule('webcam', { match: { attr: { model: ['webcam'] } }, take: 'whole', exclusive: true });

/** What the folder says at different times: the same rules state and give something else. */
export const CONFIGS: readonly Config[] = [
  configOf(scanner, modems, sounds, printer, webcam),
  {
    ...configOf(
      { ...scanner, guests: ['web2'], unplug: 'keep', node: { path: '/dev/scan', mode: 0o600 }, links: [] },
      sounds,
      printer,
      { ...webcam, guests: ['web2'] },
    ),
    settings: { ...SETTINGS, damping: { plugs: 2, withinMs: 20_000, calmMs: 5_000 } },
  },
  configOf(modems, { ...printer, take: 'all', links: [] }, { ...scanner, links: ['/dev/links/front'], access: 'rwm' }),
];

/** What a guest should have, said naively: no order, no history, no other guest's business. */
export interface Wanted {
  /** By path: `folder`, `-> TARGET`, or `NUMBER MODE UID:GID`. */
  readonly files: ReadonlyMap<string, string>;
  readonly grants: ReadonlyMap<string, string>;
}

export function wanted(config: Config, devices: readonly Device[], guest: string): Wanted {
  const gifts = config.rules.flatMap((rule) =>
    givenBy(rule, config, devices, guest).flatMap((one) => giftOf(rule, one)),
  );
  const files = new Map([['/dev', 'folder']]);
  const grants = new Map(emptyWorld().grants);
  for (const { path, number, links, access, ownership } of gifts) {
    for (const folder of [path, ...links].flatMap(above)) files.set(folder, 'folder');
    for (const link of links) files.set(link, `-> ${path}`);
    files.set(path, `${number} ${ownership}`);
    grants.set(number, [...'rwm'].filter((letter) => `${grants.get(number)}${access}`.includes(letter)).join(''));
  }
  return { files, grants };
}

function giftOf({ node, links, access }: Rule, { number, node: hostPath, hostNode }: Device) {
  if (number === undefined || hostPath === undefined) return [];
  const mode = node.mode ?? hostNode?.mode ?? 0o600;
  const group = NAMES.groups.get(node.group ?? hostNode?.group ?? 'root') ?? 0;
  const ownership = ownershipText({ mode, uid: 0, gid: group });
  return [{ path: node.path ?? hostPath, number: numberText(number), links, access, ownership }];
}

function givenBy(rule: Rule, config: Config, devices: readonly Device[], guest: string): readonly Device[] {
  if (!rule.guests.some((one) => one === guest || one === 'web*')) return [];
  const found = devices.filter((one) => fits(rule, one));
  if (rule.take === 'whole') return wholeOf(found, devices);
  const free = found.filter((one) => config.rules.every((other) => !keeps(other, one) || other.guests[0] === guest));
  return rule.take === 'one' && free.length > 1 ? [] : free;
}

function wholeOf([first, ...others]: readonly Device[], devices: readonly Device[]): readonly Device[] {
  if (first === undefined || others.length > 0) return [];
  return devices.filter(({ devpath }) => `${devpath}/`.startsWith(`${first.devpath}/`));
}

function keeps(rule: Rule, device: Device): boolean {
  return rule.exclusive && fits(rule, device);
}

function fits({ match: { subsystem, attr } }: Rule, device: Device): boolean {
  const bySubsystem = subsystem === undefined || subsystem.includes(device.subsystem);
  return bySubsystem && (attr === undefined || attr.model?.[0] === device.attrs.model);
}

function above(path: string): readonly string[] {
  const parent = path.slice(0, path.lastIndexOf('/'));
  return parent === '/dev' ? [] : [parent, ...above(parent)];
}
