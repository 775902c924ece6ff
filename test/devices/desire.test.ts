import { describe, expect, test } from 'vitest';
import { assign } from '../../src/devices/assign.ts';
import { desireGuest } from '../../src/devices/desire.ts';
import { missingRequired } from '../../src/devices/required.ts';
import type { Device } from '../../src/model/device.ts';
import { failureText } from '../../src/model/failure.ts';
import type { Rule } from '../../src/model/rule.ts';
import { inventoryOf, replugged, rule, serial } from './make.ts';

const tty = { subsystem: ['tty'] };
const other = serial({ ...replugged(1), properties: { ID_SERIAL: 'FTDI_FT232R_B7' } });

function desire(rules: readonly Rule[], devices: readonly Device[], guest = 'web1') {
  const { nodes, refusals } = desireGuest(assign(rules, inventoryOf(...devices)), guest);
  return { nodes, paths: nodes.map(({ path }) => path), refusals: refusals.map(failureText) };
}

describe('a guest is given', () => {
  test('the device that matches, at the path that it has on the host, with what the host has where nothing is stated', () => {
    expect(desire([rule('modem', { match: tty, node: { group: 'modem' } })], [serial()]).nodes).toEqual([
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
    expect(nodes.map(({ memory }) => memory)).toEqual(['modems FTDI_FT232R_A4008T7W', 'modems 1-1.2']);
  });

  test('a block device as the disk that is in it, since its number is used again', () => {
    const disk = serial({ diskseq: '12' });
    expect(desire([rule('disk', { match: tty })], [disk]).nodes[0]?.device).toBe(`${disk.devpath} 12`);
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

describe('a guest that needs a device to start', () => {
  const rules = [
    rule('needed', { match: { sysname: ['ttyUSB0'] }, when: { kind: 'required' } }),
    rule('awaited', { match: { sysname: ['ttyUSB1'] }, when: { kind: 'wait', waitMs: 30_000 } }),
    rule('nice', { match: { sysname: ['ttyUSB2'] } }),
  ];
  const missing = (...devices: readonly Device[]) => missingRequired(assign(rules, inventoryOf(...devices)), 'web1');

  test('misses what is not there, and is told how long it may wait', () => {
    expect(missing().map(({ rule, waitMs }) => ({ rule, waitMs }))).toEqual([
      { rule: 'needed', waitMs: 0 },
      { rule: 'awaited', waitMs: 30_000 },
    ]);
  });

  test('misses nothing when all of it is there', () => {
    expect(missing(serial(), other)).toEqual([]);
  });
});
