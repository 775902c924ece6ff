import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { staticDevice, staticDevices } from '../../src/linux/static-devices.ts';

/** As depmod writes it on Debian 12, and what it never writes. */
const DEVNAME = `# Device nodes to trigger on-demand module loading.
fuse fuse c10:229
tun net/tun c10:200
dm_mod mapper/control c10:236
vhost_net vhost-net c10:238
vfio vfio/vfio c10:196
ppp_generic ppp c108:0
snd_timer snd/timer c116:33
raw raw/rawctl c162:0
loop loop0 b7:0
evil ../etc/passwd c10:1
evil /etc c10:2
half one c10:
last cuse c10:203`;

let modules: string;
beforeEach(() => {
  modules = mkdtempSync(join(tmpdir(), 'hostler-modules-'));
  writeFileSync(join(modules, 'modules.devname'), DEVNAME);
});
afterEach(() => rmSync(modules, { recursive: true }));

test('a device is as it will be when its module is loaded', () => {
  expect(staticDevices(modules).find(({ sysname }) => sysname === 'tun')).toMatchObject({
    devpath: '/devices/virtual/misc/tun',
    subsystem: 'misc',
    number: { type: 'c', major: 10, minor: 200 },
    node: '/dev/net/tun',
    properties: { MAJOR: '10', MINOR: '200', DEVNAME: 'net/tun' },
    unloaded: true,
  });
});

test('each has the place that the kernel will give it; where that is not known there is none', () => {
  expect(staticDevices(modules).map(({ devpath, node }) => `${devpath} ${node}`)).toEqual([
    '/devices/virtual/misc/fuse /dev/fuse',
    '/devices/virtual/misc/tun /dev/net/tun',
    '/devices/virtual/misc/device-mapper /dev/mapper/control',
    '/devices/virtual/misc/vhost-net /dev/vhost-net',
    '/devices/virtual/misc/vfio /dev/vfio/vfio',
    '/devices/virtual/ppp/ppp /dev/ppp',
    '/devices/virtual/sound/timer /dev/snd/timer',
    '/devices/virtual/misc/cuse /dev/cuse',
  ]);
});

test("a node that the host has gives its owner and mode: systemd makes them at boot, udev's rules say how", () => {
  writeFileSync(join(modules, 'modules.devname'), 'null null c10:3\nnone not/there c10:4\n');
  const [there, absent] = staticDevices(modules);
  expect(there?.hostNode).toEqual({ mode: 0o666, owner: 'root', group: 'root' });
  expect(absent).not.toHaveProperty('hostNode');
});

test('one is found by its path', () => {
  expect(staticDevice('/devices/virtual/misc/tun', modules)?.node).toBe('/dev/net/tun');
  expect(staticDevice('/devices/virtual/misc/rfkill', modules)).toBeUndefined();
  expect(staticDevice('/devices/virtual/tty/tty1', modules)).toBeUndefined();
});

test('where the kernel has no modules there are none', () => {
  rmSync(join(modules, 'modules.devname'));
  expect(staticDevices(modules)).toEqual([]);
  mkdirSync(join(modules, 'modules.devname'));
  expect(staticDevices(modules)).toEqual([]);
});
