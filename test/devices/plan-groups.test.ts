import { describe, expect, test } from 'vitest';
import { failureText } from '../../src/model/failure.ts';
import { rule, serial } from './make.ts';
import { pass, plan, type Story, settle, story } from './story.ts';
import { hub, pathsOf, webcam } from './webcam.ts';
import { type File, tamper } from './world.ts';

const cams = rule('cams', { match: { below: ['1-3'] }, take: 'all' });
const devices = [...hub('1-3'), ...webcam('1-3.1'), ...webcam('1-3.2', 1), serial()];
const before = story([cams, rule('line', { match: { subsystem: ['tty'] } })], devices);
const first = pathsOf(webcam('1-3.1'));
const others = pathsOf([...hub('1-3'), ...webcam('1-3.2', 1), serial()]);

function nodesOf({ world }: Story): readonly string[] {
  return [...world.files].flatMap(([path, { kind }]) => (kind === 'device' ? [path] : [])).sort();
}

function withFile(story: Story, path: string, file: File | undefined): Story {
  return { ...story, world: tamper(story.world, path, file) };
}

describe('a device with several nodes', () => {
  test('comes with all of them', () => {
    expect(nodesOf(pass(before))).toEqual([...first, ...others].sort());
  });

  test.each<[string, string, File]>([
    ['a file in the way of a node', '/dev/video0', { kind: 'file' }],
    ['a folder in the way of a node', '/dev/hidraw0', { kind: 'folder' }],
    ['a node behind a link', '/dev/snd', { kind: 'link', target: '/etc' }],
  ])('does not come for %s; whatever else can be there is', (_, path, file) => {
    const blocked = withFile(before, path, file);
    const after = pass(blocked);
    const expected =
      path === '/dev/snd'
        ? others.filter((one) => !one.startsWith('/dev/snd') && !pathsOf(webcam('1-3.2', 1)).includes(one))
        : others;
    expect(nodesOf(after)).toEqual(expected);
    expect(plan(after).actions).toEqual([]);
    expect(after.ledger.nodes.map((node) => node.path).sort()).toEqual(expected);
    expect(new Set(after.ledger.grants.map(({ number }) => number)).size).toBe(expected.length);
  });

  test('says what is in the way and which device stays away for it', () => {
    expect(plan(withFile(before, '/dev/video0', { kind: 'file' })).refusals.map(failureText)).toEqual([
      expect.stringMatching(/^E_NODE_FOREIGN web1:\/dev\/video0: a file is in the way/),
      expect.stringMatching(
        /^E_INCOMPLETE web1:cams: 1-3.1 \(port 1-3.1, serial C0\) comes whole or not at all, and cannot have \/dev\/video0;/,
      ),
    ]);
  });

  test('goes when a node of it cannot be there any more, denied first and child first, and comes back as a whole', () => {
    const there = settle(before);
    const blocked = withFile(there, '/dev/video0', { kind: 'fifo' });
    const verbs = plan(blocked).actions.map((action) =>
      'path' in action ? `${action.verb} ${action.path}` : action.verb,
    );
    expect(verbs.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => 'revoke'));
    expect(verbs.filter((line) => line.startsWith('remove-node'))).toEqual([
      'remove-node /dev/hidraw0',
      'remove-node /dev/snd/controlC0',
      'remove-node /dev/snd/pcmC0D0c',
      'remove-node /dev/video1',
      'remove-node /dev/bus/usb/001/011',
    ]);
    const gone = pass(blocked);
    expect(nodesOf(gone)).toEqual(others);
    expect(plan(gone).actions).toEqual([]);
    expect(nodesOf(pass(withFile(gone, '/dev/video0', undefined)))).toEqual([...first, ...others].sort());
  });

  test('does not come for a part that comes late and cannot be there', () => {
    const late = (device: { readonly node?: string }) => device.node === '/dev/video0';
    const there = withFile(settle({ ...before, devices: devices.filter((one) => !late(one)) }), '/dev/video0', {
      kind: 'file',
    });
    expect(nodesOf(there)).toContain('/dev/video1');
    expect(nodesOf(pass({ ...there, devices }))).toEqual(others);
  });

  test('does not come for a name that the guest does not know', () => {
    const stated = story([{ ...cams, node: { group: 'gnomes' } }], devices);
    expect(plan(stated).actions).toEqual([]);
    expect(plan(stated).refusals.every(({ code }) => code === 'E_NAME_UNKNOWN')).toBe(true);
  });

  test('stays when the guest takes a part of it away again and again', () => {
    let now = settle(before);
    for (let time = 0; time < 7; time += 1) now = pass(withFile(now, '/dev/video0', undefined));
    expect(plan(now).refusals.map(({ code }) => code)).toEqual(['E_FIGHT']);
    expect(nodesOf(now)).toEqual([...first, ...others].filter((path) => path !== '/dev/video0').sort());
  });

  test('loses a link alone that cannot be made', () => {
    const linked = devices.map((one) => (one.node === '/dev/video0' ? { ...one, links: ['/dev/v4l/by-id/cam'] } : one));
    const after = pass(withFile(story([{ ...cams, hostLinks: ['*'] }], linked), '/dev/v4l/by-id', { kind: 'file' }));
    expect(nodesOf(after)).toEqual(expect.arrayContaining([...first]));
    expect(plan(after).refusals.map(({ code }) => code)).toEqual(['E_NODE_FOREIGN']);
  });
});
