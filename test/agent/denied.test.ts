import { expect, test } from 'vitest';
import { withoutDenied } from '../../src/agent/denied.ts';
import { assign } from '../../src/devices/assign.ts';
import { desireGuest } from '../../src/devices/desire.ts';
import type { Device } from '../../src/model/device.ts';
import { inventoryOf, replugged, rule, serial } from '../devices/make.ts';

const guest = { name: 'web1', runtime: 'lxc' } as const;
const refusal = { code: 'E_GRANT_REFUSED', subject: 'web1', detail: 'c:188:0 rw' } as const;
const ports = rule('port', { match: { subsystem: ['tty'] }, take: 'all' });
const elsewhere = { ...replugged(3), devpath: '/devices/platform/serial8250/tty/ttyUSB3' };

const nodesOf = (...devices: readonly Device[]) => desireGuest(assign([ports], inventoryOf(...devices)), 'web1').nodes;

test('a node whose number is refused is withheld, and others are not', () => {
  const [first, second] = nodesOf(serial(), elsewhere);
  const honoured = withoutDenied({ guest, denied: new Map([['c:188:0', refusal]]) }, nodesOf(serial(), elsewhere));
  expect(honoured).toEqual({ nodes: [second], withheld: [first], refusals: [refusal] });
});

test('a node that is withheld takes the others of its device along, and they are not granted', () => {
  const { nodes, withheld, refusals } = withoutDenied(
    { guest, denied: new Map([['c:188:0', refusal]]) },
    nodesOf(serial(), replugged(3)),
  );
  expect(nodes).toEqual([]);
  expect(withheld).toMatchObject([{ path: '/dev/ttyUSB0' }]);
  expect(refusals).toMatchObject([refusal, { code: 'E_INCOMPLETE' }]);
});

test('what is refused and nobody wants any more is not told of', () => {
  const honoured = withoutDenied({ guest, denied: new Map([['c:4:64', refusal]]) }, nodesOf(serial()));
  expect(honoured).toEqual({ nodes: nodesOf(serial()), withheld: [], refusals: [] });
});
