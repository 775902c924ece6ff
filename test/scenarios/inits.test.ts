import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostler } from '../cli/hostler.ts';
import { isRoot } from '../kernel/executor-client.ts';
import { V2_ROOT } from '../kernel/hierarchies.ts';
import { INITS, packagesOf } from '../kernel/real-inits.ts';
import { eventually } from './eventually.ts';
import { onTestHost } from './namespace.ts';
import { haltAt, makeInitGuest, OWN_WAYS } from './real-init-guest.ts';
import { createScene, type Scene } from './scene.ts';

describe.skipIf(!isRoot || !onTestHost)('a guest of LXC with a real init', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await createScene({ rules: '[]', udevd: 'absent' });
  });
  afterAll(() => scene?.end());

  // Most of the time goes by in waiting for an init.
  describe.concurrent.each(INITS)('$name', (init) => {
    const { lack } = packagesOf(init);

    test.skipIf(lack !== undefined).each([0, 50])(
      'is halted in its own way %d ms after its start, and nothing harder is done to it',
      async (ms) => {
        const guest = makeInitGuest(scene, init, `init-${init.name}-${ms}`);
        const halt = await haltAt(scene, guest, ms);
        expect(halt.ways, halt.said).toEqual([OWN_WAYS[init.name]]);
        expect(halt.harder, halt.said).toEqual([]);
        expect(halt.said).toMatch(new RegExp(`^${guest.name}: stopped in [\\d.]+ s$`, 'm'));
      },
    );

    test.skipIf(lack !== undefined)(
      'is halted in its own way when it has booted, and nothing harder is done to it',
      async () => {
        const guest = makeInitGuest(scene, init, `init-${init.name}-booted`);
        const halt = await haltAt(scene, guest, 'booted');
        expect(halt.ways, halt.said).toEqual([OWN_WAYS[init.name]]);
        expect(halt.harder, halt.said).toEqual([]);
        expect(halt.said).toMatch(new RegExp(`^${guest.name}: stopped in [\\d.]+ s$`, 'm'));
      },
    );
  });

  describe.concurrent('systemd', () => {
    const [systemd] = INITS;
    const lack = systemd && packagesOf(systemd).lack;

    test.skipIf(lack !== undefined)('that begins long after the stop is halted in its own way as well', async () => {
      if (systemd === undefined) return;
      const late = { ...systemd, program: ['/bin/sh', '-c', 'sleep 3; exec /lib/systemd/systemd'] };
      const halt = await haltAt(scene, makeInitGuest(scene, late, 'init-late'), 0);
      expect(halt.ways.at(-1), halt.said).toBe(OWN_WAYS.systemd);
      expect(halt.harder, halt.said).toEqual([]);
    });

    test.skipIf(lack !== undefined)(
      'whose unit ignores SIGTERM is named while it halts, and halts by itself',
      async () => {
        if (systemd === undefined) return;
        const guest = makeInitGuest(scene, systemd, 'init-stubborn', STUBBORN);
        await guest.start();
        const unit = `${V2_ROOT}/lxc.payload.${guest.name}/system.slice/stubborn.service/cgroup.procs`;
        await eventually(() => expect(readFileSync(unit, 'utf8').trim().split('\n')).toHaveLength(2));
        const ended = hostler(['stop', '--timeout', '60', guest.name, '--socket', scene.agent.controlSocket]);
        await eventually(async () =>
          expect((await scene.agent.guest(guest.name)).stop?.waits).toMatch(
            /^waits for stubborn.service \(\w+, process/,
          ),
        );
        const shown = await ended;
        expect(shown.out).toMatch(/: waits for stubborn.service/);
        expect(shown.out).not.toMatch(/: killed/);
        expect(shown.out).toMatch(/: stopped in [\d.]+ s$/m);
      },
    );

    test.skipIf(lack !== undefined).each([
      [
        'told of the socket',
        'lxc.environment = NOTIFY_SOCKET=/dev/hostler-notify\n',
        { 'bin/systemctl': '#!/bin/sh\nexit 1\n' },
      ],
      ['asked', '', {}],
    ])('is ready when its systemd has booted, which is %s', async (how, config, files) => {
      if (systemd === undefined) return;
      const guest = makeInitGuest(scene, systemd, `init-says-${how.split(' ')[0]}`, { ...SLOW, ...files });
      appendFileSync(join(guest.folder, 'config'), config);
      scene.agent.guestFile(guest.name, 'start: { ready: notify }');
      expect(await hostler(['reload', '--socket', scene.agent.controlSocket])).toMatchObject({ code: 0 });
      const shown = await hostler(['start', guest.name, '--socket', scene.agent.controlSocket]);
      expect([shown.code, shown.out]).toEqual([0, expect.stringMatching(/: ready after/)]);
      expect(existsSync(`/proc/${(await scene.agent.guest(guest.name)).instance?.pid}/root/run/slow`)).toBe(true);
    });
  });
});

/** What the boot waits for. */
const SLOW = {
  'etc/systemd/system/slow.service': '[Service]\nType=oneshot\nExecStart=/bin/sh -c "sleep 2; echo > /run/slow"\n',
  'etc/systemd/system/multi-user.target.wants/slow.service': '-> ../slow.service',
};

/** systemd kills it by itself, when it has waited for it so long. */
const STUBBORN = {
  'etc/systemd/system/stubborn.service':
    '[Service]\nExecStart=/bin/sh -c "trap : TERM; while :; do sleep 1; done"\nTimeoutStopSec=15\n',
  'etc/systemd/system/multi-user.target.wants/stubborn.service': '-> ../stubborn.service',
};
