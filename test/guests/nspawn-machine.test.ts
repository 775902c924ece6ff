import { expect, test } from 'vitest';
import { parseMachine, readMachine } from '../../src/guests/nspawn-machine.ts';

const TEXT = `# This is private data. Do not parse.
NAME=m1
SCOPE=systemd-nspawn@m1.service
SERVICE=systemd-nspawn
ROOT=/var/lib/machines/m1
LEADER=324
CLASS=container
`;

test("machined's file names the init and the unit", () => {
  const machine = { leader: '324', unit: 'systemd-nspawn@m1.service' };
  expect(parseMachine(TEXT)).toEqual(machine);
  expect(parseMachine(TEXT.replace('SCOPE=', 'UNIT='))).toEqual(machine);
});

test('what nspawn does not run, and what is not whole, is none of ours', () => {
  expect(parseMachine(TEXT.replace('SERVICE=systemd-nspawn', 'SERVICE=libvirt-qemu'))).toBeUndefined();
  expect(parseMachine(TEXT.replace(/LEADER=.*\n/, ''))).toBeUndefined();
  expect(parseMachine('')).toBeUndefined();
  expect(readMachine('/nowhere')).toBeUndefined();
});
