import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ended, hostler, start } from '../cli/hostler.ts';
import { startTime } from '../kernel/start-time.ts';
import { held } from './control-file.ts';
import { eventually } from './eventually.ts';
import { initIs } from './own-init.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const FILES = {
  storage1: 'start: {}',
  db1: 'start: { after: [storage1], ready: { command: [/bin/test, -e, /tmp/ready] }, timeout: 10m }',
  web1: 'start: { after: [db1], marks: [edge] }',
  late1: 'start: { ready: { command: [/bin/test, -e, /tmp/ready] }, timeout: 2s }',
  behind1: 'start: { after: [late1] }',
  deaf1: 'start: {}',
  behind2: 'start: { after: [deaf1] }',
  crash1: 'restart: { crash: { delay: 100ms, most: 200ms, budget: 2 } }',
  reboot1: 'restart: { crash: { delay: 100ms } }\npolicy: few',
  reboot2: 'restart: { reboot: { budget: 1 } }',
  auto1: 'start: { auto: true, marks: [auto] }',
} as const;
type Name = keyof typeof FILES;

const FURNISH: Readonly<Partial<Record<Name, (folder: string) => void>>> = {
  deaf1: (folder) => initIs(folder, 'exec /bin/busybox sleep 600'),
  reboot1: (folder) => hooked(folder),
};

/** Wherever LXC runs guests. */
export function tellOfLife(): void {
  describe('a guest that is started by hostler', () => {
    let scene: Scene;
    const guests = new Map<Name, SceneGuest>();
    const words = (...given: readonly string[]) => [...given, '--socket', scene.agent.controlSocket];
    const run = (...given: readonly string[]) => hostler(words(...given));
    const seen = (name: Name) => scene.agent.guest(name);
    const runs = (name: Name) => eventually(async () => expect(await seen(name)).toMatchObject({ state: 'running' }));
    const doing = (name: Name, what: string) =>
      eventually(async () => expect((await seen(name)).life).toMatchObject({ doing: what }));
    const pidOf = async (name: Name) => (await seen(name)).instance?.pid ?? 0;
    const inside = async (name: Name, ...command: readonly string[]) => guests.get(name)?.attach(...command);
    const killAgent = async () => {
      await scene.agent.end('SIGKILL');
      await scene.agent.start();
    };

    beforeAll(async () => {
      scene = await createScene({ rules: '[]', udevd: 'absent', agent: 'later' });
      scene.agent.policy('few', 'processes: { limit: 77 }');
      for (const name of NAMES) {
        guests.set(name, scene.make(name, { furnish: (folder) => FURNISH[name]?.(folder) }));
        scene.agent.guestFile(name, FILES[name]);
      }
      await scene.agent.start();
    });
    // What would start guests again goes first.
    afterAll(async () => {
      await scene?.agent.end('SIGTERM');
      await scene?.end();
    });

    test('with the host runs, and once it was stopped no agent of this start of the host starts it again', async () => {
      await runs('auto1');
      expect((await run('stop', '--mark', 'auto')).code).toBe(0);
      await killAgent();
      expect((await run('start', 'storage1')).code).toBe(0);
      expect(await seen('auto1')).toMatchObject({ state: 'stopped', life: { end: { why: 'stopped' } } });
    });

    test('waits until those are ready that it needs, whatever becomes of the agent meanwhile', async () => {
      const command = start(words('start', '--mark', 'edge'));
      const end = ended(command);
      await doing('db1', 'starting');
      await runs('db1');
      const inits = await Promise.all([pidOf('storage1'), pidOf('db1')]);
      const began = inits.map(startTime);
      await killAgent();
      await doing('db1', 'starting');
      await eventually(async () =>
        expect(await seen('web1')).toMatchObject({ state: 'stopped', life: { doing: 'waiting', awaits: 'db1' } }),
      );
      await inside('db1', 'touch', '/tmp/ready');
      const { code, out } = await end;
      expect(code).toBe(0);
      // The next agent may have told of both before the command asked it.
      for (const guest of ['db1', 'web1']) expect(out).toMatch(new RegExp(`^${guest}: (is )?ready`, 'm'));
      expect(startTime(await pidOf('web1'))).toBeGreaterThan(Math.max(...began.map(Number)));
      expect(await Promise.all([pidOf('storage1'), pidOf('db1')])).toEqual(inits);
      expect(inits.map(startTime)).toEqual(began);
    });

    test('is stopped in the reverse order', async () => {
      const { code, out } = await run('stop', '--all');
      expect(code).toBe(0);
      expect(out).toMatch(
        /^web1: stopped in[\s\S]*^db1: asked to halt[\s\S]*^db1: stopped in[\s\S]*^storage1: asked to halt/m,
      );
      expect(out).not.toMatch(/killed/);
    });

    test('is held behind one that is late, until that is ready after all', async () => {
      const { code, out } = await run('start', 'behind1');
      expect(code).toBe(1);
      expect(out).toMatch(/^W_LATE late1: is not ready after 2\.0 s/m);
      expect(out).toMatch(/^W_HELD behind1: is not started before late1 is ready/m);
      expect(await seen('behind1')).toMatchObject({ state: 'stopped', life: { doing: 'held', awaits: 'late1' } });
      await inside('late1', 'touch', '/tmp/ready');
      await runs('behind1');
    });

    test('is ready although its init is a program that never listens to its halt', async () => {
      const started = await run('start', 'behind2');
      expect(started).toMatchObject({ code: 0, err: '' });
      expect(started.out).toMatch(/^deaf1: ready[\s\S]*^behind2: is started[\s\S]*^behind2: ready/m);
      // What LXC lets it open may be told before LXC has said that.
      await eventually(async () => expect((await seen('deaf1')).refusals).toEqual([]));
    });

    test('is started again when it crashes, until it is in quarantine, where another agent leaves it', async () => {
      expect((await run('start', 'crash1')).code).toBe(0);
      for (let crash = 0; crash < 3; crash += 1) {
        const pid = await pidOf('crash1');
        expect(pid).toBeGreaterThan(1);
        // LXC's monitor waits for ever for one that is killed while it is set up.
        await eventually(() => inside('crash1', '/bin/busybox', 'true'));
        process.kill(pid, 'SIGKILL');
        if (crash < 2) await eventually(async () => expect(await pidOf('crash1')).not.toBeOneOf([0, pid]));
      }
      await doing('crash1', 'quarantined');
      await eventually(async () => {
        const alerts = (await scene.agent.events()).filter(({ kind, guest }) => kind === 'alert' && guest === 'crash1');
        expect(alerts.map(({ says }) => says)).toEqual(['crash1: starts: ended by itself again and again']);
      });
      await killAgent();
      await eventually(async () =>
        expect(await seen('crash1')).toMatchObject({ state: 'stopped', life: { doing: 'quarantined', crashes: 3 } }),
      );
      expect((await run('start', 'crash1')).code).toBe(0);
      expect((await seen('crash1')).refusals.map(({ code }) => code)).not.toContain('E_QUARANTINE');
    });

    test('has its limits again when it reboots from inside, which is no crash', async () => {
      const limit = () => expect(held('pids.max', 'reboot1')).toBe('77');
      expect((await run('start', 'reboot1')).code).toBe(0);
      await eventually(limit);
      const pid = await pidOf('reboot1');
      await inside('reboot1', '/bin/busybox', 'reboot', '-f').catch(() => undefined); // it ends with the guest
      await eventually(async () => expect(await pidOf('reboot1')).not.toBeOneOf([0, pid]));
      await eventually(limit);
      await eventually(async () =>
        expect((await seen('reboot1')).life).toMatchObject({ crashes: 0, end: { why: 'rebooted' } }),
      );
    });

    test('is stopped when it reboots from inside more often than it may, and another agent leaves it so', async () => {
      expect((await run('start', 'reboot2')).code).toBe(0);
      const pid = await pidOf('reboot2');
      await inside('reboot2', '/bin/busybox', 'reboot', '-f').catch(() => undefined);
      await eventually(async () => expect(await pidOf('reboot2')).not.toBeOneOf([0, pid]));
      // What LXC lets it open may be told before LXC has said that.
      expect((await seen('reboot2')).refusals.map(({ code }) => code)).not.toContain('E_REBOOTS');
      await eventually(() => inside('reboot2', '/bin/busybox', 'true'));
      await inside('reboot2', '/bin/busybox', 'reboot', '-f').catch(() => undefined);
      const isHeld = () =>
        eventually(async () =>
          expect(await seen('reboot2')).toMatchObject({
            state: 'stopped',
            life: { doing: 'quarantined', crashes: 0, reboots: 2, end: { why: 'stopped' } },
            refusals: [{ code: 'E_REBOOTS', detail: '2 times in 60 min' }],
          }),
        );
      await isHeld();
      await killAgent();
      await isHeld();
      expect((await run('start', 'reboot2')).code).toBe(0);
      await eventually(async () => expect(await seen('reboot2')).toMatchObject({ state: 'running', refusals: [] }));
    });

    test('is another one after a restart, begun when the hooks of the one before have ended', async () => {
      const pid = await pidOf('reboot1');
      expect((await run('restart', 'reboot1')).code).toBe(0);
      expect(await pidOf('reboot1')).not.toBeOneOf([0, pid]);
      expect(readFileSync(join(guests.get('reboot1')?.folder ?? '', 'hooks'), 'utf8')).toMatch(
        /begins\nends\nstarts\n$/,
      );
      expect((await seen('reboot1')).life).toMatchObject({ crashes: 0, end: { why: 'stopped' } });
    });

    test('and ended while no agent ran is begun when its hooks have ended, which the next one waits for', async () => {
      const folder = guests.get('reboot1')?.folder ?? '';
      const hooks = () => readFileSync(join(folder, 'hooks'), 'utf8');
      writeFileSync(join(folder, 'holds'), '');
      await scene.agent.end('SIGKILL');
      await inside('reboot1', '/bin/busybox', 'poweroff', '-f').catch(() => undefined); // it ends with the guest
      await eventually(() => expect(hooks()).toMatch(/begins\n$/));
      await scene.agent.start();
      const end = ended(start(words('start', 'reboot1')));
      await eventually(async () =>
        expect((await scene.agent.events()).map(({ says }) => says)).toContainEqual(
          expect.stringMatching(/^reboot1: waits until process \d+ has ended, /),
        ),
      );
      rmSync(join(folder, 'holds'));
      expect((await end).code).toBe(0);
      expect(hooks()).toMatch(/starts\nbegins\nends\nstarts\n$/);
      expect((await seen('reboot1')).life).toMatchObject({ crashes: 0, end: { why: 'unseen' } });
    });

    test('cannot be started without a root, and its runtime says why', async () => {
      expect((await run('stop', 'late1')).code).toBe(0);
      rmSync(join(guests.get('late1')?.folder ?? '', 'rootfs'), { recursive: true });
      const { code, out } = await run('start', 'late1', '--timeout', '20');
      expect([code, out]).toEqual([
        1,
        expect.stringMatching(
          /^E_START late1: was not started: lxc-start says: \S.*; lxc-start -P \S+ -n late1 -F says more/m,
        ),
      ]);
    });
  });
}

const NAMES = Object.keys(FILES) as readonly Name[];

// LXC answers nobody any more when it runs the one after the end of a guest.
function hooked(folder: string): void {
  const hook = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'config'), `lxc.hook.${name} = ${join(folder, name)}\n`, { flag: 'a' });
  };
  hook('pre-start', `echo starts >> ${join(folder, 'hooks')}`);
  const holds = `sleep 1; while [ -e ${join(folder, 'holds')} ]; do sleep 0.1; done`;
  hook('post-stop', `echo begins >> ${join(folder, 'hooks')}; ${holds}; echo ends >> ${join(folder, 'hooks')}`);
}
