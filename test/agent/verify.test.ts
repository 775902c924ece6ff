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
  const stage = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] }, take: 'all' })), machine);
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
  expect(refusals()).toMatchObject([{ code: 'E_GRANT_REFUSED', subject: 'web1', detail: 'c:188:0 rw' }]);
  await machine.clock.pass(1_000);
  expect(verified()).toBeGreaterThan(2);
  machine.refuse = () => undefined;
  await machine.clock.pass(2_000);
  expect(refusals()).toEqual([]);
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
