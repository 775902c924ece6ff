import { expect, test } from 'vitest';
import { replugged, rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const VERIFY = 'verify c:188:0 rw';

async function hostWith(refuse: Machine['refuse'] = () => undefined, devices = [serial()]) {
  const machine = new Machine();
  machine.devices = devices;
  machine.refuse = refuse;
  machine.start('web1');
  const stage = await startedStage(
    configOf(rule('port', { match: { subsystem: ['tty'] }, take: 'all', unplug: 'term' })),
    machine,
  );
  const verified = () => machine.asked.filter((what) => what === `web1 ${VERIFY}`).length;
  return { ...stage, verified, refusals: () => stage.agent.control.guest('web1')?.refusals };
}

test('a new grant is tried from inside once, and not again while nothing changes', async () => {
  const { agent, verified } = await hostWith();
  for (let times = 0; times < 3; times += 1) {
    agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: false });
    await atRest();
  }
  expect(verified()).toBe(1);
});

test('a grant that the kernel does not honour is told and tried again until it does', async () => {
  const { machine, verified, refusals } = await hostWith((_guest, what) =>
    what === VERIFY ? { errno: 'EPERM', call: 'faccessat', subject: 'c:188:0' } : undefined,
  );
  const refused = [{ code: 'E_GRANT_REFUSED', subject: 'web1', detail: 'c:188:0 rw' }];
  expect(refusals()).toMatchObject(refused);
  await machine.clock.pass(1_000);
  expect(verified()).toBeGreaterThan(2);
  expect(refusals()).toMatchObject(refused);
  machine.refuse = () => undefined;
  await machine.clock.pass(2_000);
  expect(refusals()).toEqual([]);
});

test('its node goes, and does not come back before the kernel honours it; the permission stays to be tried', async () => {
  const { machine, agent, log } = await hostWith(
    (_guest, what) => (what === VERIFY ? { errno: 'EPERM', call: 'faccessat', subject: 'c:188:0' } : undefined),
    [serial(), { ...replugged(3), devpath: '/devices/platform/serial8250/tty/ttyUSB3' }],
  );
  const start = machine.guests.get('web1');
  const nodes = () => agent.control.guest('web1')?.nodes.map(({ number }) => number);
  expect(nodes()).toEqual(['c:188:3']);
  expect([start?.world.files.has('/dev/ttyUSB0'), start?.world.grants.get('c:188:0')]).toEqual([false, 'rw']);
  await machine.clock.pass(100_000);
  const did = (verb: string) => machine.asked.filter((what) => what === `web1 ${verb}`).length;
  expect([did('make-node /dev/ttyUSB0'), did('remove-node /dev/ttyUSB0'), did('revoke c:188:0')]).toEqual([1, 1, 0]);
  // Nobody has to let go of a device that is the guest's.
  expect(machine.asked).not.toContain('web1 holders c:188:0');
  expect(log.filter(({ message }) => message.includes('E_GRANT_REFUSED'))).toHaveLength(1);
  machine.refuse = () => undefined;
  await machine.clock.pass(30_000);
  expect(nodes()).toEqual(['c:188:0', 'c:188:3']);
  expect(did('make-node /dev/ttyUSB0')).toBe(2);
});

test('a refused permission is taken back when its device goes, and the next start begins anew', async () => {
  const { machine, agent, refusals } = await hostWith((_guest, what) =>
    what === VERIFY ? { errno: 'EPERM', call: 'faccessat', subject: 'c:188:0' } : undefined,
  );
  machine.devices = [];
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await machine.clock.pass(1_000);
  expect(machine.guests.get('web1')?.world.grants.has('c:188:0')).toBe(false);
  expect(refusals()).toEqual([]);
  machine.devices = [serial()];
  agent.handle({ kind: 'uevents-lost', reason: 'overflow' });
  await machine.clock.pass(1_000);
  expect(refusals()).toMatchObject([{ code: 'E_GRANT_REFUSED' }]);
  machine.stop('web1');
  machine.refuse = () => undefined;
  machine.start('web1');
  await machine.clock.pass(1_000);
  expect(agent.control.guest('web1')).toMatchObject({ nodes: [{ number: 'c:188:0' }], refusals: [] });
});

test('a frozen guest is asked once, and not again for a while, however much is granted and happens', async () => {
  const frozen = { errno: 'ETIMEDOUT', call: 'verify', subject: 'c:188:0' };
  const isVerify = (what: string) => what.startsWith('verify');
  const { machine, agent, refusals } = await hostWith(
    (_guest, what) => (isVerify(what) ? frozen : undefined),
    [serial(), replugged(3)],
  );
  const verified = () => machine.asked.filter((what) => isVerify(what.slice('web1 '.length)));
  const touch = async () => {
    agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: false });
    await atRest();
  };
  for (let times = 0; times < 3; times += 1) await touch();
  expect(verified()).toHaveLength(1);
  expect(refusals()).toEqual([]);
  machine.refuse = () => undefined;
  await machine.clock.pass(10_000);
  await touch();
  expect(verified().slice(1).sort()).toEqual(['web1 verify c:188:0 rw', 'web1 verify c:188:3 rw']);
});

test.each([
  ['the device went meanwhile', { errno: 'ENODEV', call: 'sysfs', subject: 'c:188:0' }],
  ['the guest ended', { errno: 'ESRCH', call: 'guest', subject: 'web1' }],
])('that %s is no refusal of the kernel', async (_what, failed) => {
  const { refusals } = await hostWith((_guest, what) => (what === VERIFY ? failed : undefined));
  expect(refusals()).toEqual([]);
});
