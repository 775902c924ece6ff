import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { armed, BootedGuest, halted } from './booted-guest.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { INITS, packagesOf, type RealInit } from './real-inits.ts';

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

describe.skipIf(!isRoot)('as the init of a guest', () => {
  // Most of the time goes by in waiting for an init.
  describe.concurrent.each(INITS)('$name', (init) => {
    const { lack } = packagesOf(init);

    test('is known by its program and by what it listens to', async ({ skip, onTestFinished }) => {
      skip(lack !== undefined, lack);
      const { executor, guest } = await boot(init, onTestFinished);
      const state = await armed(executor, guest, init);
      expect(state.exe).toBe(PROGRAMS[init.name]);
      // systemd makes one for others, which is there a moment later.
      if (init.name !== 'systemd') expect(state.initctl).toBe(init.armed === 'initctl' ? 'fifo' : '-');
    });

    test.for([0, 300])(
      'is halted in its own way %d ms after its start, without a kill',
      async (ms, { skip, onTestFinished }) => {
        skip(lack !== undefined, lack);
        const { executor, guest } = await boot(init, onTestFinished);
        await pause(ms);
        await armed(executor, guest, init);
        expect(await halted(executor, guest, init)).toBe(init.end);
      },
    );
  });
});

async function boot(init: RealInit, onTestFinished: (clean: () => Promise<void>) => void) {
  const executor = new ExecutorClient();
  onTestFinished(() => executor.stop());
  const guest = await BootedGuest.start(init);
  onTestFinished(() => guest.stop());
  return { executor, guest };
}
