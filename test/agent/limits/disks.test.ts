import { expect, test } from 'vitest';
import { serial } from '../../devices/make.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { type Stage, startedStage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const NAME = '/dev/disk/by-id/usb-stick';
const SLOW = policy({ name: 'slow', guests: ['web*'], io: { disks: [{ device: NAME, readBytes: 5 }] } });
const LINE = 'rbps=5 wbps=max riops=max wiops=max';
const FREE = 'rbps=max wbps=max riops=max wiops=max';
const STICK = serial({ devpath: '/devices/virtual/block/sda', sysname: 'sda', subsystem: 'block' });

async function limited(): Promise<Stage> {
  const machine = new Machine();
  machine.start('web1');
  machine.disks.set(NAME, { kind: 'disk', number: '8:0' });
  return startedStage({ ...configOf(), policies: [SLOW] }, machine);
}

function lines({ machine }: Stage) {
  const limits = Object.entries(machine.guests.get('web1')?.limits ?? {});
  return Object.fromEntries(limits.filter(([file]) => file.startsWith('io.max ')));
}

/** The disk comes, goes or gets another number, and the kernel tells. */
async function changed({ machine, agent }: Stage, number: `${number}:${number}` | undefined): Promise<void> {
  if (number === undefined) machine.disks.delete(NAME);
  else machine.disks.set(NAME, { kind: 'disk', number });
  await machine.clock.pass(1000);
  machine.uevent('udev', number === undefined ? 'remove' : 'add', STICK);
  await atRest();
  expect(agent.control.status().converged).toBe(true);
}

const refusals = ({ agent }: Stage) => agent.control.guest('web1')?.refusals ?? [];

test('a disk is held by the number that its name leads to, although no rule asks for disks', async () => {
  const made = await limited();
  expect(lines(made)).toEqual({ 'io.max 8:0': LINE });
  await changed(made, '8:16');
  expect(lines(made)).toEqual({ 'io.max 8:0': FREE, 'io.max 8:16': LINE });
  expect(refusals(made)).toEqual([]);
});

test('a disk that is not there is told with its name, and held as soon as it comes', async () => {
  const made = await limited();
  await changed(made, undefined);
  const [refusal] = refusals(made);
  expect(refusal).toEqual({ code: 'W_LIMIT_DISK', subject: 'web1', detail: `${NAME} is not there` });
  await changed(made, '8:32');
  expect(lines(made)).toMatchObject({ 'io.max 8:32': LINE });
  expect(refusals(made)).toEqual([]);
});

test('a partition is not limited, and the disk is named that could be', async () => {
  const made = await limited();
  made.machine.disks.set(NAME, { kind: 'partition', of: '/dev/sdb' });
  await made.agent.control.apply('web1', { uid: 0, pid: 1 });
  await atRest();
  expect(refusals(made)).toMatchObject([{ detail: `${NAME} is a partition; the disk is /dev/sdb` }]);
  expect(lines(made)).toEqual({ 'io.max 8:0': FREE });
});

test('what is written past us is taken back', async () => {
  const made = await limited();
  const start = made.machine.guests.get('web1');
  if (start) start.limits = { ...start.limits, 'io.max 8:0': FREE };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'io.max' });
  await made.machine.clock.pass(100); // a moment after its own write nobody looks again at once
  expect(lines(made)).toEqual({ 'io.max 8:0': LINE });
  expect(made.log.map(({ message }) => message)).toContain(
    `web1: io.max 8:0 was changed to ${FREE} by somebody else; it is ${LINE} again`,
  );
});
