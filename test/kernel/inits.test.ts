import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { armed, BootedGuest, halted } from './booted-guest.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { INITS, packagesOf } from './real-inits.ts';

const PROGRAMS: Readonly<Record<string, string>> = {
  systemd: '/lib/systemd/systemd',
  sysvinit: '/sbin/init',
  busybox: '/bin/busybox',
  openrc: '/sbin/openrc-init',
  runit: '/sbin/runit',
  s6: '/usr/bin/s6-svscan',
  finit: '/sbin/finit',
  tini: '/usr/bin/tini',
  'dumb-init': '/usr/bin/dumb-init',
  plain: '/bin/busybox',
};

describe.skipIf(!isRoot).each(INITS)('$name as the init of a guest', (init) => {
  const { lack } = packagesOf(init);
  let executor: ExecutorClient;
  let guest: BootedGuest;

  beforeEach(async ({ skip }) => {
    skip(lack !== undefined, lack);
    executor = new ExecutorClient();
    guest = await BootedGuest.start(init);
  });
  afterEach(async () => {
    if (lack !== undefined) return;
    await guest.stop();
    await executor.stop();
  });

  test('is known by its program and by what it listens to', async () => {
    const state = await armed(executor, guest, init);
    expect(state).toMatchObject({
      exe: PROGRAMS[init.name],
      initctl: init.armed === 'initctl' ? 'fifo' : '-',
    });
  });

  test.each([0, 300])('is halted in its own way %d ms after its start, without a kill', async (ms) => {
    await pause(ms);
    await armed(executor, guest, init);
    expect(await halted(executor, guest, init)).toBe(init.end);
  });
});
