import { expect, test } from 'vitest';
import type { Device } from '../../../src/model/device.ts';
import { rule, serial } from '../../devices/make.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { type Stage, startedStage } from '../../fakes/stage.ts';

const caller = { uid: 0, pid: 1 };
const DISK: Device = {
  ...serial(),
  devpath: '/devices/pci0000:00/0000:00:17.0/ata1/block/sdb',
  sysname: 'sdb',
  subsystem: 'block',
  number: { type: 'b', major: 8, minor: 16 },
  node: '/dev/sdb',
  diskseq: '9',
  links: [],
  ancestors: [],
};

async function withDevices(machine = new Machine()): Promise<Stage> {
  machine.devices = [serial(), DISK];
  machine.start('web1');
  const port = rule('port', { match: { subsystem: ['tty'] }, unplug: 'kill' });
  const made = await startedStage(configOf(port, rule('disk', { match: { subsystem: ['block'] } })), machine);
  await machine.clock.pass(1000);
  expect(paths(made)).toEqual(['/dev/sdb', '/dev/ttyUSB0']);
  return made;
}

function paths({ agent }: Stage): readonly string[] | undefined {
  return agent.control
    .guest('web1')
    ?.nodes.map(({ path }) => path)
    .sort();
}

test('hardware is taken from a guest before it is halted, a disk is not, and nobody is ended for it', async () => {
  const made = await withDevices();
  const { machine, agent } = made;
  let had: readonly string[] | undefined;
  machine.onHalt = () => {
    had = paths(made);
  };
  const before = machine.asked.length;
  await agent.control.stop('web1', { kill: false }, caller);
  await machine.clock.pass(3000);
  expect(had).toEqual(['/dev/sdb']);
  const asked = machine.asked.slice(before);
  const at = (what: string) => asked.findIndex((line) => line.startsWith(`web1 ${what}`));
  expect(at('revoke')).toBeGreaterThanOrEqual(0);
  expect(at('revoke')).toBeLessThan(at('remove-node /dev/ttyUSB0'));
  expect(at('remove-node /dev/ttyUSB0')).toBeLessThan(at('halt'));
  expect(at('signal')).toBe(-1);
});

test('it is there again when the guest starts again', async () => {
  const made = await withDevices();
  await made.agent.control.stop('web1', { kill: false }, caller);
  await made.machine.clock.pass(1000);
  expect(made.agent.control.guest('web1')?.state).toBe('stopped');
  made.machine.start('web1');
  await made.machine.clock.pass(1000);
  expect(paths(made)).toEqual(['/dev/sdb', '/dev/ttyUSB0']);
});

test('a guest that gives nothing back is halted all the same', async () => {
  const made = await withDevices();
  made.machine.refuse = (_, what) =>
    what.startsWith('revoke') ? { errno: 'EBUSY', call: 'devices.deny', subject: '' } : undefined;
  await made.agent.control.stop('web1', { kill: false }, caller);
  await made.machine.clock.pass(5000);
  expect(made.agent.control.guest('web1')?.state).toBe('stopped');
  expect(made.machine.asked).toContain('web1 halt signal 12');
});

test('one that somebody starts after its deadline, and nobody says how it had ended, has it again when nobody waits for that any more', async () => {
  const machine = new Machine();
  machine.runtime = 'nspawn';
  machine.cgroupOf = (name) => `/machine.slice/systemd-nspawn@${name}.service`;
  const made = await withDevices(machine);
  machine.onHalt = () => {};
  await made.agent.control.stop('web1', { kill: false, timeoutMs: 2000 }, caller);
  await machine.clock.pass(1500);
  machine.stop('web1');
  await machine.clock.pass(1000);
  machine.start('web1');
  await machine.clock.pass(1000);
  expect(paths(made)).toEqual(['/dev/sdb']);
  await machine.clock.pass(10_000);
  expect(paths(made)).toEqual(['/dev/sdb', '/dev/ttyUSB0']);
});
