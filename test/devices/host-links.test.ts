import { describe, expect, test } from 'vitest';
import { hostLinks } from '../../src/devices/host-links.ts';
import { rule, serial } from './make.ts';
import { pass, plan, story } from './story.ts';

const byId = '/dev/serial/by-id/usb-FTDI_FT232R_A4008T7W-if00-port0';
const byPath = '/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.2:1.0-port0';
const modem = (links: readonly string[]) => serial({ links });
const modems = rule('modems', { match: { subsystem: ['tty'] }, take: 'all', hostLinks: ['*'] });

describe("of the host's own links", () => {
  test.each([
    [undefined, []],
    [['*'], [byId, byPath]],
    [['/dev/serial/by-id/*'], [byId]],
    [['/dev/disk/*', '*/by-path/*'], [byPath]],
  ])('globs %j ask for %j', (globs, links) => {
    expect(hostLinks(globs ? { hostLinks: globs } : {}, modem([byId, byPath]))).toEqual(links);
  });

  test.each([
    '/dev/../etc/passwd',
    '/dev/a/..',
    '/dev/./a',
    '/dev//a',
    '/dev/a/',
    '/dev/',
    '/etc/a',
    '/dev/a\nb',
    '/dev/a\u202eb',
  ])('%j is none, whatever a device says of itself', (link) =>
    expect(hostLinks({ hostLinks: ['*'] }, modem([link]))).toEqual([]),
  );

  test.each([
    [`/dev/serial/by-id/${'x'.repeat(256)}`, 0],
    [`/dev/serial/by-id/${'é'.repeat(128)}`, 0],
    [`/dev/serial/by-id/${'é'.repeat(127)}`, 1],
    [`/dev${'/a'.repeat(40)}`, 0],
  ])('what no file system takes is none, or nothing else could be made: %s', (link, count) =>
    expect(hostLinks({ hostLinks: ['*'] }, modem([link]))).toHaveLength(count),
  );

  test('a name that begins with dots is one like any other', () => {
    expect(hostLinks({ hostLinks: ['*'] }, modem(['/dev/..a/.b']))).toEqual(['/dev/..a/.b']);
  });
});

describe('a link of the host in the guest', () => {
  const given = pass(story([modems], [modem([byId])]));

  test('is where it is on the host, and leads to the node where the guest has it', () => {
    expect(given.world.files.get(byId)).toEqual({ kind: 'link', target: '/dev/ttyUSB0' });
    const moved = pass(story([{ ...modems, node: { path: '/dev/modem' } }], [modem([byId])]));
    expect(moved.world.files.get(byId)).toEqual({ kind: 'link', target: '/dev/modem' });
  });

  test('comes when udev makes it, and goes when udev takes it away, with its folders', () => {
    const both = pass({ ...given, devices: [modem([byId, byPath])] });
    expect(both.world.files.get(byPath)).toEqual({ kind: 'link', target: '/dev/ttyUSB0' });
    expect(pass({ ...both, devices: [modem([byId])] }).world).toEqual(given.world);
  });

  test('goes with the device, and no folder stays', () => {
    const gone = pass({ ...given, devices: [] });
    expect([...gone.world.files.keys()]).toEqual(['/dev']);
    expect(gone.ledger).toMatchObject({ links: [], folders: [] });
  });

  test('that is the path of the node itself is the node', () => {
    const planned = plan(story([{ ...modems, node: { path: byId } }], [modem([byId])]));
    expect(planned.refusals).toEqual([]);
    expect(planned.actions.map(({ verb }) => verb)).not.toContain('make-link');
    expect(planned.actions.find(({ verb }) => verb === 'make-node')).toMatchObject({ path: byId });
  });

  test('that two devices of one rule have leads to neither, and both are named', () => {
    const twin = serial({
      devpath: '/devices/twin',
      node: '/dev/ttyUSB1',
      number: { type: 'c', major: 188, minor: 1 },
    });
    const planned = plan(story([modems], [modem([byId]), { ...twin, links: [byId] }]));
    expect(planned.actions.filter(({ verb }) => verb === 'make-link')).toEqual([]);
  });
});
