import fc from 'fast-check';
import type { Device } from '../../src/model/device.ts';
import type { DeviceNumber } from '../../src/model/number.ts';
import type { Match, Rule } from '../../src/model/rule.ts';
import { rule } from './make.ts';
import type { File } from './world.ts';

/** Few of everything, so that generated worlds are full of collisions. */
const PORTS = ['1-1', '1-1.2', '1-1.2.3', '1-2', '2-1'] as const;
const SUBSYSTEMS = ['tty', 'usb', 'block'] as const;
const SERIALS = ['A', 'B', 'C'] as const;
export const NODES = [
  '/dev/tty0',
  '/dev/bus/usb/001/004',
  '/dev/bus/usb/001/005',
  '/dev/a',
  '/dev/a/b',
  '/dev/sd',
] as const;
const NAMES = ['/dev/scanner', '/dev/links/front', '/dev/bus/front', '/dev/a', '/dev/links'] as const;
const GUESTS = ['web1', 'web2'] as const;

const ownership = fc.record({
  mode: fc.constantFrom(0o600, 0o660, 0o666),
  uid: fc.constantFrom(0, 7, 1000),
  gid: fc.constantFrom(0, 8, 104),
});

const hostNode = fc.record({
  mode: fc.constantFrom(0o600, 0o660),
  owner: fc.constantFrom('root', 'unheard-of'),
  group: fc.constantFrom('dialout', '997'),
});

const device: fc.Arbitrary<Device> = fc
  .record({
    port: fc.constantFrom(...PORTS),
    subsystem: fc.constantFrom(...SUBSYSTEMS),
    minor: fc.nat({ max: 4 }),
    node: fc.constantFrom(...NODES),
    serial: fc.constantFrom(...SERIALS),
    diskseq: fc.option(fc.constantFrom('7', '8'), { nil: undefined }),
    hostNode: fc.option(hostNode, { nil: undefined }),
  })
  .map(({ port, subsystem, minor, node, serial, diskseq, hostNode }) => ({
    ...entryAt(port),
    devpath: `${entryAt(port).devpath}/${subsystem}`,
    sysname: `${subsystem}${minor}`,
    subsystem,
    number: { type: subsystem === 'block' ? ('b' as const) : ('c' as const), major: 188, minor },
    node,
    properties: { ID_SERIAL: `V_M_${serial}`, ID_SERIAL_SHORT: serial },
    tags: [],
    links: [],
    ancestors: [entryAt(port)],
    ...(diskseq !== undefined && { diskseq }),
    ...(hostNode !== undefined && { hostNode }),
  }));

/** What can be plugged in at once: no two devices share a port, a number or a node. */
export const host: fc.Arbitrary<readonly Device[]> = fc
  .uniqueArray(device, { maxLength: 6, selector: ({ devpath }) => devpath })
  .map((devices) =>
    uniqueBy(
      uniqueBy(devices, ({ number }) => numberKey(number)),
      ({ node = '' }) => node,
    ),
  );

export const match: fc.Arbitrary<Match> = fc.oneof(
  fc.record({ property: fc.record({ ID_SERIAL_SHORT: fc.subarray([...SERIALS], { minLength: 1 }) }) }),
  fc.record({ subsystem: fc.subarray([...SUBSYSTEMS], { minLength: 1 }) }),
  fc.record({ below: fc.constantFrom(['1-1'], ['1-1.2'], ['2-*']) }),
  fc.record({ parent: fc.record({ port: fc.constantFrom(['1-1.2'], ['1-*']) }) }),
  fc.record({ not: fc.record({ subsystem: fc.subarray([...SUBSYSTEMS], { minLength: 1 }) }) }),
);

const statedOwnership = {
  mode: fc.constantFrom(0o600, 0o640),
  owner: fc.constantFrom('scan', '7'),
  group: fc.constantFrom('scanner', '8'),
};

export const stated = fc.record(statedOwnership, { requiredKeys: [] });

const node = fc.record({ ...statedOwnership, path: fc.constantFrom(...NODES, ...NAMES) }, { requiredKeys: [] });

const anyRule: fc.Arbitrary<Omit<Rule, 'name'>> = fc
  .record({
    match,
    guests: fc.constantFrom(['web1'], ['web2'], ['web*']),
    take: fc.constantFrom('one' as const, 'all' as const, 'whole' as const),
    access: fc.constantFrom('r' as const, 'rw' as const, 'rwm' as const),
    node,
    links: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }),
  })
  .map((said) => ({ ...rule('any', said), exclusive: said.guests[0] !== 'web*' }));

export const rules: fc.Arbitrary<readonly Rule[]> = fc
  .array(anyRule, { minLength: 1, maxLength: 5 })
  .map((list) => list.map((one, index) => ({ ...one, name: `rule-${index}` })));

export const guest = fc.constantFrom(...GUESTS);

/** What somebody in the guest may do to its /dev. */
export interface Tampering {
  readonly path: string;
  readonly file: File | undefined;
}

export const tampering: fc.Arbitrary<Tampering> = fc.record({
  path: fc.constantFrom(...NODES, ...NAMES, '/dev/bus', '/dev/bus/usb', '/dev/bus/usb/001', '/dev/bus/usb/001/notes'),
  file: fc.oneof(
    fc.constant(undefined),
    fc.constantFrom<File>({ kind: 'folder' }, { kind: 'file' }, { kind: 'fifo' }, { kind: 'socket' }),
    fc.constantFrom<File>({ kind: 'link', target: '/etc' }, { kind: 'link', target: '/dev/tty0' }),
    fc.record({
      kind: fc.constant('device' as const),
      number: fc.constantFrom('c:188:0' as const, 'c:9:9' as const),
      ownership,
    }),
  ),
});

export { ownership };

function entryAt(port: string) {
  const [bus = '', ports = ''] = port.split('-');
  const chain = ports.split('.').map((_, depth, all) => `${bus}-${all.slice(0, depth + 1).join('.')}`);
  const devpath = `/devices/pci0000:00/usb${bus}/${chain.join('/')}`;
  return { devpath, sysname: port, subsystem: 'usb', attrs: {} };
}

function numberKey(number: DeviceNumber | undefined): string {
  return number ? `${number.type}${number.minor}` : '';
}

function uniqueBy<One>(list: readonly One[], keyOf: (one: One) => string): readonly One[] {
  return list.filter((one, index) => list.findIndex((other) => keyOf(other) === keyOf(one)) === index);
}
