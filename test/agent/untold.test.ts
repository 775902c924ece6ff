import { expect, test } from 'vitest';
import { mutedNow, toldNow, untoldAfter, withoutShared } from '../../src/agent/untold.ts';
import { newRecord } from '../../src/agent/world.ts';
import type { Action } from '../../src/model/action.ts';
import type { Failed } from '../../src/ports/executor.ts';
import { rule, serial } from '../devices/make.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const news = { kernel: { DEVPATH: '/devices/x', DEVNAME: 'x' }, udev: {}, tags: [], links: [] };
const tell: Action = { verb: 'tell', event: 'add', number: 'c:1:5', news };
const full: Failed = { errno: 'ENOSPC', call: 'write', subject: 'run/udev/data/c1:5' };

function guest(untold = newRecord({ name: 'web1', runtime: 'lxc' }, {}).untold) {
  return { ...newRecord({ name: 'web1', runtime: 'lxc' }, {}), untold };
}

test('what could not be told is tried later and later, and in the end not any more', () => {
  let untold = guest().untold;
  let now = 0;
  const waits: number[] = [];
  while (now < Number.POSITIVE_INFINITY) {
    untold = untoldAfter(guest(untold), tell, full, now);
    const [{ until, refusal } = { until: Number.NaN, refusal: undefined }] = [...untold.values()];
    expect(refusal).toEqual({
      code: 'W_UNTOLD',
      subject: 'web1',
      detail: 'tell: write ENOSPC run/udev/data/c1:5',
    });
    expect(mutedNow(guest(untold), now).size).toBe(1);
    expect(mutedNow(guest(untold), until).size).toBe(0);
    waits.push(until - now);
    now = until;
  }
  expect(waits.slice(0, 3)).toEqual([50, 100, 200]);
  expect(waits).toHaveLength(12);
});

test('a telling that cost the guest its worker is not tried again', () => {
  const untold = untoldAfter(guest(), tell, { errno: 'ETIMEDOUT', call: 'deadline', subject: 'web1' }, 7);
  expect([...untold.values()]).toMatchObject([{ until: Number.POSITIVE_INFINITY }]);
});

test("a database that is the host's is said once, and looked at again when something was mounted", () => {
  const untold = untoldAfter(guest(), { verb: 'let-listen' }, { errno: 'EXDEV', call: 'host', subject: 'run/udev' }, 7);
  const refusal = { code: 'W_UDEV_SHARED', subject: 'web1' };
  expect([...untold.values()]).toEqual([{ tries: 12, until: Number.POSITIVE_INFINITY, refusal }]);
  const both = untoldAfter(guest(untold), tell, full, 7);
  expect([...withoutShared(both).keys()]).toEqual(['c:1:5 /devices/x']);
});

test('one that went well is forgotten, and others count for themselves', () => {
  const untold = untoldAfter(guest(untoldAfter(guest(), { verb: 'let-listen' }, full, 0)), tell, full, 0);
  expect([...toldNow(untold, [tell]).keys()]).toEqual(['let-listen']);
  expect(toldNow(untold, [{ verb: 'confine' }])).toBe(untold);
});

test('what is no telling is not counted here', () => {
  const { untold } = guest();
  expect(untoldAfter(guest(untold), { verb: 'make-folder', path: '/dev/a' }, full, 0)).toBe(untold);
});

test('a guest that cannot be told has its device all the same, and is told as soon as it can be', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  const start = machine.start('web1');
  machine.refuse = (_guest, what) => (what.startsWith('tell') ? full : undefined);
  const { agent } = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] } })), machine);
  expect(start.world.files.get('/dev/ttyUSB0')).toMatchObject({ number: 'c:188:0' });
  expect(start.world.told.size).toBe(0);
  await machine.clock.pass(10_000);
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'W_UNTOLD', subject: 'web1' }]);
  machine.refuse = () => undefined;
  await machine.clock.pass(30_000);
  expect([...start.world.told.keys()]).toEqual(['c:188:0']);
  expect(agent.control.guest('web1')).toMatchObject({ converged: true, refusals: [] });
});

test('one that can never be told is left in peace after some minutes', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  machine.refuse = (_guest, what) => (what.startsWith('tell') ? full : undefined);
  await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] } })), machine);
  await machine.clock.pass(600_000);
  expect(machine.asked.filter((what) => what.startsWith('web1 tell'))).toHaveLength(12);
});
