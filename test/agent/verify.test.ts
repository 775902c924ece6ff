import { expect, test } from 'vitest';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const VERIFY = 'verify c:188:0 rw';

async function hostWith(refuse: Machine['refuse'] = () => undefined) {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.refuse = refuse;
  machine.start('web1');
  const stage = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] } })), machine);
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

test.each([
  ['the device went meanwhile', { errno: 'ENODEV', call: 'sysfs', subject: 'c:188:0' }],
  ['the guest ended', { errno: 'ESRCH', call: 'guest', subject: 'web1' }],
])('that %s is no refusal of the kernel', async (_what, failed) => {
  const { refusals } = await hostWith((_guest, what) => (what === VERIFY ? failed : undefined));
  expect(refusals()).toEqual([]);
});
