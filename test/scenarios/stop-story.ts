import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runShielded } from '../../src/cli/demo/run-shielded.ts';
import { PHASES } from '../../src/model/stop.ts';
import { hostler } from '../cli/hostler.ts';
import { V2_ROOT } from '../kernel/hierarchies.ts';
import { fixture } from '../kernel/listening.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup } from './in-cgroup.ts';
import { atShutdown, initIs } from './own-init.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

/** Wherever LXC runs guests. Each has its own, and waits for it. */
export function stopGuests(): void {
  describe.concurrent('hostler stop', () => {
    let scene: Scene;
    const stop = (...words: readonly string[]) => hostler(['stop', ...words, '--socket', scene.agent.controlSocket]);
    /** What was done of a stop, in order. */
    const steps = async (guest: string) =>
      (await scene.agent.events()).flatMap((event) =>
        event.kind === 'stop' && event.guest === guest ? (event.action ?? '') : [],
      );

    beforeAll(async () => {
      scene = await createScene({ rules: '[]', udevd: 'absent', agent: 'later' });
      scene.agent.guestFile('stop4', 'stop: { timeout: 10s, halt: openrc }');
      await scene.agent.start();
    });
    afterAll(() => scene?.end());

    /** One that runs, where the agent knows of it. */
    async function started(name: string, furnish: (folder: string) => void = () => {}): Promise<SceneGuest> {
      const guest = await scene.guest(name, { furnish });
      await eventually(async () => expect((await scene.agent.guest(name)).state).toBe('running'));
      return guest;
    }

    test('of a guest with busybox lets it power off by itself', async () => {
      const pid = await (await started('stop1')).initPid();
      const ended = await stop('stop1');
      expect(ended.out).toMatch(/^stop1: asked to halt: signal 12 to its busybox init$/m);
      expect(ended.out).toMatch(/^stop1: stopped in \d+\.\d s$/m);
      expect(ended.code).toBe(0);
      expect(() => readFileSync(`/proc/${pid}/stat`)).toThrow();
      expect(await steps('stop1')).not.toContain('kill');
    });

    test('of a guest that reboots instead of halting halts it when it comes up again', async () => {
      const guest = await started('stop2', (folder) => atShutdown(folder, REBOOTS_ONCE));
      const pid = await guest.initPid();
      const ended = await stop('stop2');
      expect(ended.out).toMatch(/^stop2: came up again instead of halting$/m);
      expect(ended.out.match(/^stop2: asked to halt: signal 12/gm)).toHaveLength(2);
      expect(ended.code).toBe(0);
      expect(() => readFileSync(`/proc/${pid}/stat`)).toThrow();
      expect((await scene.agent.guest('stop2')).state).toBe('stopped');
      expect(await steps('stop2')).not.toContain('kill');
    });

    test('of a guest that stands still lets it go on, so that its own programs still run', async () => {
      const guest = await started('stop3', (folder) => atShutdown(folder, 'touch /var/halted'));
      await runShielded('lxc-freeze', ['-P', scene.agent.lxcPath, '-n', 'stop3']);
      const ended = await stop('stop3');
      expect(ended.out).toMatch(/^stop3: stood still, and goes on to be stopped$/m);
      expect(ended.code).toBe(0);
      expect(await steps('stop3')).not.toContain('kill');
      expect(existsSync(join(guest.folder, 'rootfs/var/halted'))).toBe(true);
    });

    test('of a guest that never reacts goes all the way, and says what ran in it when it was killed', async () => {
      const guest = await started('stop4', (folder) => initIs(folder, DEAF));
      const pid = await guest.initPid();
      const ended = await stop('stop4');
      const done = (await steps('stop4')).filter((step, at, all) => step !== all[at - 1]);
      expect(done).toEqual(PHASES.filter((phase) => done.includes(phase)));
      expect(done.slice(-5)).toEqual(['nag', 'terminate', 'evidence', 'kill', 'stopped']);
      expect(ended.out).toMatch(
        /^stop4: asked to halt: signal 30 [\s\S]*^stop4: asked to halt in another way: signal 15 /m,
      );
      expect(ended.out).toMatch(/^stop4: SIGTERM to all[\s\S]*^stop4: stands still$[\s\S]*^stop4: killed$/m);
      expect(ended.code).toBe(1);
      expect(ended.err + ended.out).toMatch(/W_KILLED stop4: .*: \d+ process(es)?, .*\(process \d+, [A-Z] in \w+\)/);
      const { evidence } = await scene.agent.guest('stop4');
      expect(evidence).toMatchObject({ why: 'killed', count: evidence?.processes.length });
      expect(evidence?.processes).toContainEqual(expect.objectContaining({ pid, command: 'own-init' }));
    });

    test('of a guest that takes its time to save what it has tells it so once', async () => {
      const guest = await started('stop8', (folder) => initIs(folder, SAVES));
      const ended = await stop('stop8');
      expect(ended.code).toBe(0);
      expect(ended.out.match(/^stop8: asked to halt.*$/gm)).toEqual([
        'stop8: asked to halt: signal 15 to its plain init',
      ]);
      expect(ended.out).toMatch(/^stop8: stopped in \d+\.\d s$/m);
      expect(readFileSync(join(guest.folder, 'rootfs/var/heard'), 'utf8')).toBe('TERM\n');
    });

    test('tells and ends who is left in its cgroup when its init has ended', async () => {
      const guest = await started('stop5');
      const helper = inCgroup([await cgroupOf(guest)], 'sleep', '600');
      try {
        await eventually(() => expect(readFileSync(`/proc/${helper.pid}/comm`, 'utf8')).toBe('sleep\n'));
        const ended = await stop('stop5');
        expect(ended.err + ended.out).toMatch(new RegExp(`W_LEFT stop5: .*sleep \\(process ${helper.pid}, `));
        expect(ended.code).toBe(0);
        await eventually(() => expect(helper.signalCode).toBe('SIGKILL'));
      } finally {
        await endProcess(helper);
      }
    });

    test('names who cannot be killed, and stops other guests meanwhile', async () => {
      const [guest] = await Promise.all([started('stop6'), started('stop7')]);
      const folder = mkdtempSync(join(tmpdir(), 'hostler-hang-'));
      const server = inCgroup([], fixture('fusehang'), folder);
      const helpers = [server];
      try {
        await once(server.stdout ?? server, 'data');
        const helper = inCgroup([await cgroupOf(guest)], 'cat', `${folder}/file`);
        helpers.push(helper);
        await eventually(() => expect(readFileSync(`/proc/${helper.pid}/wchan`, 'utf8')).toBe(ASKING));
        const [wedged, other] = await Promise.all([stop('--kill', 'stop6'), stop('stop7')]);
        expect(wedged.out + wedged.err).toMatch(
          new RegExp(`E_WEDGED stop6: .*cat \\(process ${helper.pid}, D in ${ASKING}`),
        );
        expect(wedged.code).toBe(1);
        expect(other.code).toBe(0);
        expect((await scene.agent.guest('stop6')).refusals.map(({ code }) => code)).toContain('E_WEDGED');
        await endProcess(server);
        await eventually(async () => expect((await scene.agent.guest('stop6')).refusals).toEqual([]));
        await eventually(async () => expect((await steps('stop6')).at(-1)).toBe('stopped'));
      } finally {
        for (const one of helpers) await endProcess(one);
        spawnSync('umount', [folder]);
        rmdirSync(folder);
      }
    });
  });
}

/** On the host, in the hierarchy of v2. */
async function cgroupOf(guest: SceneGuest): Promise<string> {
  const [, cgroup = ''] = /^0::(.*)$/m.exec(readFileSync(`/proc/${await guest.initPid()}/cgroup`, 'utf8')) ?? [];
  return `${V2_ROOT}${cgroup}`;
}

/** It hears everything, and does nothing of it. */
const DEAF = 'trap : PWR; trap "" INT TERM; while :; do sleep 1; done';

/** Its own process works for eight seconds when it is to end, and keeps what it is sent. */
const SAVES = `for name in INT TERM; do trap "echo $name >>/var/heard" $name; done
until test -s /var/heard; do sleep 0.1; done
tenths=0
while test $tenths -lt 80; do sleep 0.1; tenths=$((tenths + 1)); done`;

/** Where the kernel waits for the answer of a file system in a process; once it is killed it waits on. */
const ASKING = 'request_wait_answer';

const REBOOTS_ONCE = 'test -e /var/again && exit 0; touch /var/again; exec /bin/busybox reboot -f';
