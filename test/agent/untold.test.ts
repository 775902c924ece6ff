import { expect, test } from 'vitest';
import { mutedNow, stillUntold, tellAgainAt, toldNow, untoldAfter, withoutShared } from '../../src/agent/untold.ts';
import { newRecord } from '../../src/agent/world.ts';
import type { Action } from '../../src/model/action.ts';
import type { Device } from '../../src/model/device.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Failed } from '../../src/ports/executor.ts';
import { replugged, rule, serial } from '../devices/make.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../fakes/stage.ts';

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

test('what there is nothing to tell of any more is forgotten', () => {
  const untold = untoldAfter(guest(untoldAfter(guest(), { verb: 'let-listen' }, full, 0)), tell, full, 0);
  expect([...stillUntold(untold, { toTell: ['let-listen'] }).keys()]).toEqual(['let-listen']);
});

test('what is due is tried soon, or together with what else failed; what was given up is not', () => {
  const refusal = { code: 'W_UNTOLD', subject: 'web1' } as const;
  const untold = (...untils: readonly number[]) =>
    new Map(untils.map((until) => [String(until), { tries: 1, until, refusal }]));
  const retry = { failuresInARow: 1, at: 130 };
  expect(tellAgainAt({ untold: untold(120, 150), retry: undefined }, 100)).toBe(120);
  expect(tellAgainAt({ untold: untold(80, 170), retry: undefined }, 100)).toBe(150);
  expect(tellAgainAt({ untold: untold(80, 150), retry }, 100)).toBe(130);
  expect(tellAgainAt({ untold: untold(Number.POSITIVE_INFINITY), retry }, 100)).toBeUndefined();
});

test('a machine that is so slow that the next try is due when the last one is over tries again', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  const start = machine.start('web1');
  const config = configOf(rule('port', { match: { subsystem: ['tty'] } }));
  const ports = portsOf(machine, config);
  let late = 0;
  let lateAfter = Number.POSITIVE_INFINITY;
  let tries = 0;
  machine.refuse = (_guest, what) => {
    if (!what.startsWith('tell')) return undefined;
    tries += 1;
    if (tries === 2) lateAfter = 1; // look at the clock; in this pass nothing else is done
    return tries > 2 ? undefined : full;
  };
  const clock: Clock = {
    ...ports.clock,
    now() {
      lateAfter -= 1;
      if (lateAfter < 0) late = 200;
      return machine.clock.now() + late;
    },
    wake: (at, call) => machine.clock.wake(at - late, call),
  };
  await stage(machine, config, { ...ports, clock: { ...ports.clock, ...clock } }).agent.start();
  await machine.clock.pass(1_000);
  expect([late, ...start.world.told.keys()]).toEqual([200, 'c:188:0']);
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

/** A guest that can be told nothing of a device, and the refusals of a guest that is plugged something else in. */
async function untoldOf(failed: Failed) {
  const machine = new Machine();
  machine.devices = [serial()];
  const start = machine.start('web1');
  machine.refuse = (_guest, what) => (what.startsWith('tell') ? failed : undefined);
  const { agent } = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] } })), machine);
  const becomes = async (...devices: readonly Device[]) => {
    for (const gone of machine.devices) machine.uevent('kernel', 'remove', gone);
    machine.devices = devices;
    for (const come of devices) machine.uevent('udev', 'add', come);
    await machine.clock.pass(1_000);
  };
  const refusals = () => agent.control.guest('web1')?.refusals.map(({ code }) => code);
  return { machine, start, becomes, refusals };
}

const hangs: Failed = { errno: 'ETIMEDOUT', call: 'deadline', subject: 'web1' };

test.each([full, hangs])(
  '$errno: nothing is left to say when the device comes back and is told of well',
  async (failed) => {
    const { machine, start, becomes, refusals } = await untoldOf(failed);
    await machine.clock.pass(600_000);
    expect(refusals()).toEqual(['W_UNTOLD']);
    machine.refuse = () => undefined;
    await becomes(replugged(3));
    expect([...start.world.told.keys()]).toEqual(['c:188:3']);
    expect(refusals()).toEqual([]);
    await becomes(replugged(3));
    expect([...start.world.told.keys()]).toEqual(['c:188:3']);
  },
);

test.each([full, hangs])(
  '$errno: nothing is left to say of a device that has gone, however many of them do',
  async (failed) => {
    const { machine, becomes, refusals } = await untoldOf(failed);
    for (let minor = 1; minor < 20; minor += 1) await becomes(replugged(minor));
    await machine.clock.pass(600_000);
    expect(refusals()).toEqual(['W_UNTOLD']);
    await becomes();
    await machine.clock.pass(600_000);
    expect(refusals()).toEqual([]);
    expect(await machine.atRest()).toBeUndefined();
  },
);

test('nothing is left to say of a guest that has ended, also where the end came in the middle of a pass', async () => {
  const { machine, refusals } = await untoldOf(full);
  machine.refuse = (_guest, what) => {
    if (what.startsWith('tell')) machine.stop('web1');
    return what.startsWith('tell') ? full : undefined;
  };
  await machine.clock.pass(60_000);
  expect(machine.guests.get('web1')).toBeUndefined();
  expect(refusals()).toEqual([]);
});
