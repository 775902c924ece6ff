import { expect, test } from 'vitest';
import { heldSoftly, keptUntilEnd } from '../../src/devices/until-halt.ts';
import type { DesiredNode } from '../../src/model/node.ts';
import { emptyLedger } from './make.ts';

const USB = '/devices/pci0000:00/usb1/1-1/1-1:1.0';

function node(path: string, said: Partial<DesiredNode> = {}): DesiredNode {
  return {
    path,
    number: { type: 'c', major: 188, minor: 0 },
    access: 'rw',
    rule: 'port',
    device: USB,
    links: [],
    stated: {},
    initial: { mode: 0o600, owner: 'root', group: 'root' },
    memory: path,
    unplug: 'kill',
    ...said,
  };
}

const SERIAL = node('/dev/ttyUSB0');
const DISK = node('/dev/sdb', { number: { type: 'b', major: 8, minor: 16 } });
const TUN = node('/dev/net/tun', { device: '/devices/virtual/misc/tun' });

test('a guest keeps disks and what is no hardware until it has ended', () => {
  expect(keptUntilEnd([SERIAL, DISK, TUN])).toEqual([DISK, TUN]);
});

test('a device with a disk in it is kept as a whole', () => {
  const group = { root: USB, text: 'stick' };
  const whole = [node('/dev/sg1', { group }), { ...DISK, group }];
  expect(keptUntilEnd([...whole, SERIAL])).toEqual(whole);
});

test('nobody is ended who holds what goes', () => {
  const owned = (path: string) => ({
    path,
    number: 'c:188:0' as const,
    rule: 'port',
    device: USB,
    memory: path,
    unplug: 'kill' as const,
  });
  const ledger = { ...emptyLedger(), nodes: [owned('/dev/ttyUSB0'), owned('/dev/sdb')] };
  expect(heldSoftly(ledger, [DISK]).nodes.map(({ path, unplug }) => [path, unplug])).toEqual([
    ['/dev/ttyUSB0', 'keep'],
    ['/dev/sdb', 'kill'],
  ]);
});
