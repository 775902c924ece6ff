import { describe, expect, test } from 'vitest';
import { assign } from '../../src/devices/assign.ts';
import { desireGuest } from '../../src/devices/desire.ts';
import { newsOf } from '../../src/devices/news.ts';
import type { Device } from '../../src/model/device.ts';
import { failureText } from '../../src/model/failure.ts';
import type { Rule } from '../../src/model/rule.ts';
import { inventoryOf, replugged, rule, serial } from './make.ts';
import { hub, pathsOf, rootAt, webcam } from './webcam.ts';

const tty = { subsystem: ['tty'] };
const other = serial({ ...replugged(1), properties: { ID_SERIAL: 'FTDI_FT232R_B7' } });

function desire(rules: readonly Rule[], devices: readonly Device[], guest = 'web1') {
  const { nodes, refusals } = desireGuest(assign(rules, inventoryOf(...devices)), guest);
  return { nodes, paths: nodes.map(({ path }) => path), refusals: refusals.map(failureText) };
}

describe('a guest is given', () => {
  test('the device that matches, at the path that it has on the host, with what the host has where nothing is stated', () => {
    const modem = { ...serial(), number: { type: 'c', major: 188, minor: 0 } } as const;
    expect(desire([rule('modem', { match: tty, node: { group: 'modem' } })], [modem]).nodes).toEqual([
      {
        path: '/dev/ttyUSB0',
        number: { type: 'c', major: 188, minor: 0 },
        access: 'rw',
        rule: 'modem',
        device: serial().devpath,
        links: [],
        stated: { group: 'modem' },
        initial: { mode: 0o660, owner: 'root', group: 'dialout' },
        memory: 'modem',
        unplug: 'keep',
        news: newsOf(modem),
      },
    ]);
  });

  test('the path that the rule states', () => {
    expect(desire([rule('modem', { match: tty, node: { path: '/dev/modem' } })], [serial()]).paths).toEqual([
      '/dev/modem',
    ]);
  });

  test('nothing of another guest', () => {
    expect(desire([rule('modem', { match: tty, guests: ['web2'] })], [serial()]).nodes).toEqual([]);
  });

  test('no device without a number or a node', () => {
    const { number: _, ...numberless } = serial();
    const { node: __, ...nodeless } = other;
    expect(desire([rule('all', { take: 'all' })], [numberless, nodeless]).nodes).toEqual([]);
  });

  test('several devices where the rule takes all, each with a memory of its own', () => {
    const { nodes } = desire([rule('modems', { match: tty, take: 'all' })], [serial(), other]);
    expect(nodes.map(({ memory }) => memory)).toEqual([
      'modems FTDI_FT232R_A4008T7W 1.0 ttyUSB#',
      'modems 1-1.2 1.0 ttyUSB#',
    ]);
  });

  test('a block device as the disk that is in it, since its number is used again', () => {
    const disk = serial({ diskseq: '12' });
    const { nodes } = desire([rule('disk', { match: tty })], [disk]);
    expect(nodes[0]).toMatchObject({ device: `${disk.devpath} 12`, diskseq: '12' });
  });
});

describe('a guest is given a whole device', () => {
  const cam = rule('cam', { match: { attr: { idProduct: ['0825'] } }, take: 'whole' });

  test('with all its nodes, whatever part of it matches', () => {
    const devices = [...webcam('1-3'), ...webcam('1-4', 1).slice(1), ...hub('1-2'), serial()];
    expect(desire([cam], devices).paths).toEqual(pathsOf(webcam('1-3')));
    for (const match of [{ subsystem: ['hidraw'] }, { devtype: ['usb_interface'], sysname: ['1-3:1.1'] }]) {
      expect(desire([rule('cam', { match, take: 'whole' })], webcam('1-3')).paths).toEqual(pathsOf(webcam('1-3')));
    }
  });

  test('as one group, and each node with a memory of its own', () => {
    const { nodes } = desire([cam], webcam('1-3'));
    const text = '1-3 (port 1-3, serial C0)';
    for (const { group } of nodes) expect(group).toEqual({ root: rootAt('1-3'), text, whole: true });
    expect(nodes.map(({ memory }) => memory)).toEqual(
      [
        'cam Logitech_C270_C0',
        'cam 1-3 2.0 hidraw#',
        'cam 1-3 1.0 controlC#',
        'cam 1-3 1.0 pcmC#D#c',
        'cam 1-3 1.0 video#',
        'cam 1-3 1.0 video#',
      ].map((key) => key.replace('2.0', '1.2').replace(/1-3 1.0 (controlC|pcm)/, '1-3 1.1 $1')),
    );
  });

  test('and not what is plugged into it', () => {
    const match = { attr: { idProduct: ['0608'] } };
    const devices = [...hub('1-3'), ...webcam('1-3.2')];
    expect(desire([rule('hub', { match, take: 'whole' })], devices).paths).toEqual(['/dev/bus/usb/001/003']);
  });

  test('unless two match: both are named by port and serial', () => {
    const { nodes, refusals } = desire([cam], [...webcam('1-3'), ...webcam('1-4', 1)]);
    expect(nodes).toEqual([]);
    expect(refusals).toEqual([
      expect.stringContaining(
        'E_AMBIGUOUS web1:cam: several devices match where one is wanted: 1-3 (port 1-3, serial C0), 1-4 (port 1-4, serial C1);',
      ),
    ]);
  });

  test('unless a part of it is kept for another guest', () => {
    const video = rule('video', {
      match: { subsystem: ['video4linux'] },
      take: 'all',
      guests: ['web2'],
      exclusive: true,
    });
    expect(desire([video, { ...cam, exclusive: true }], webcam('1-3')).paths).toEqual([]);
    expect(desire([video, { ...cam, exclusive: true }], webcam('1-3')).refusals).toHaveLength(2);
    expect(desire([video, { ...cam, guests: ['*'] }], webcam('1-3'))).toMatchObject({ paths: [], refusals: [] });
    expect(desire([video, { ...cam, guests: ['*'] }], webcam('1-3'), 'web2').paths).toEqual(pathsOf(webcam('1-3')));
  });

  test('the one that is free, where the other one is kept', () => {
    const first = rule('first', { match: { port: ['1-4'] }, take: 'all', guests: ['web2'], exclusive: true });
    const devices = [...webcam('1-3'), ...webcam('1-4', 1)];
    expect(desire([first, cam], devices).paths).toEqual(pathsOf(webcam('1-3')));
  });

  test('and keeps all of it from others', () => {
    const other = rule('other', { match: { subsystem: ['sound'] }, guests: ['web2'], take: 'all' });
    expect(desire([{ ...cam, exclusive: true }, other], webcam('1-3'), 'web2').paths).toEqual([]);
  });
});

describe('all nodes that a rule gives of one device', () => {
  const front = rule('front', { match: { subsystem: ['tty'] }, node: { path: '/dev/video0' } });
  const all = rule('all', { match: { below: ['1-3'] }, take: 'all' });
  const devices = [...hub('1-3'), ...webcam('1-3.1'), ...webcam('1-3.2', 1), serial()];

  test('are a group, and what is plugged below it is another', () => {
    const { nodes } = desire([all], devices);
    expect(new Set(nodes.map(({ group }) => group?.root))).toEqual(new Set(['1-3', '1-3.1', '1-3.2'].map(rootAt)));
  });

  test('stay away together when one loses its path to another device', () => {
    const { paths, refusals } = desire([front, all], devices);
    expect(paths).toEqual(['/dev/video0', ...pathsOf([...hub('1-3'), ...webcam('1-3.2', 1)])].sort());
    expect(refusals).toEqual([
      expect.stringMatching(/^E_CONFLICT web1:\/dev\/video0: /),
      expect.stringMatching(/^E_INCOMPLETE web1:all: 1-3.1 .* cannot have \/dev\/video0;/),
    ]);
  });

  test('are not broken up by an earlier rule that gives one of them under the same path', () => {
    const video = rule('video', { match: { sysname: ['video0'] }, access: 'r' });
    expect(desire([video, all], devices).paths).toEqual(desire([all], devices).paths);
  });
});

describe('a guest is refused', () => {
  test('two devices where one is wanted, and both are named', () => {
    const { nodes, refusals } = desire([rule('modem', { match: tty })], [serial(), other]);
    expect(nodes).toEqual([]);
    expect(refusals).toEqual([
      'E_AMBIGUOUS web1:modem: several devices match where one is wanted: ttyUSB0 (port 1-1.2, serial A4008T7W), ' +
        'ttyUSB1 (port 1-1.2, serial FTDI_FT232R_B7); tell them apart by serial or port, or write "take: all"',
    ]);
  });

  test('what an earlier rule keeps for another guest, and both rules are named', () => {
    const rules = [
      rule('first', { match: tty, guests: ['web2'], exclusive: true }),
      rule('second', { match: tty, guests: ['web1'], exclusive: true }),
    ];
    expect(desire(rules, [serial()], 'web2').paths).toEqual(['/dev/ttyUSB0']);
    expect(desire(rules, [serial()]).refusals[0]).toMatch(
      /^E_CONFLICT web1:\/dev\/ttyUSB0: rule first gives ttyUSB0 .* to web2, rule second to web1;/,
    );
  });

  test('nothing loudly, where a shared rule meets a device that is kept for another', () => {
    const rules = [
      rule('shared', { match: tty, guests: ['*'] }),
      rule('own', { match: tty, guests: ['web2'], exclusive: true }),
    ];
    expect(desire(rules, [serial()])).toEqual({ nodes: [], paths: [], refusals: [] });
  });

  test('the path that an earlier rule has', () => {
    const rules = ['first', 'second'].map((name) => rule(name, { match: tty }));
    const { nodes, refusals } = desire(rules, [serial()]);
    expect(nodes.map((node) => node.rule)).toEqual(['first']);
    expect(refusals[0]).toContain('rule first wants /dev/ttyUSB0');
    expect(refusals[0]).toContain('rule second wants /dev/ttyUSB0');
  });

  test('one path for two devices of one rule: neither has it', () => {
    const { nodes, refusals } = desire(
      [rule('modems', { match: tty, take: 'all', node: { path: '/dev/modem' } })],
      [serial(), other],
    );
    expect(nodes).toEqual([]);
    expect(refusals).toHaveLength(1);
  });

  test('one link for two devices of one rule: both devices come, the link does not', () => {
    const { nodes, refusals } = desire(
      [rule('modems', { match: tty, take: 'all', links: ['/dev/modem'] })],
      [serial(), other],
    );
    expect(nodes.map(({ links }) => links)).toEqual([[], []]);
    expect(refusals[0]).toMatch(/^E_CONFLICT web1:\/dev\/modem: rule modems wants it for ttyUSB0 .* and for ttyUSB1/);
  });

  test('a node below another node', () => {
    const rules = [
      rule('one', { match: { sysname: ['ttyUSB0'] } }),
      rule('two', { match: { sysname: ['ttyUSB1'] }, node: { path: '/dev/ttyUSB0/x' } }),
    ];
    expect(desire(rules, [serial(), other]).paths).toEqual(['/dev/ttyUSB0']);
  });
});
