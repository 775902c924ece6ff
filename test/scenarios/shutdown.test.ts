import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileStore } from '../../src/linux/store.ts';
import { command, hostler } from '../cli/hostler.ts';
import { V2_ROOT } from '../kernel/hierarchies.ts';
import { fixture } from '../kernel/listening.ts';
import { eventually } from './eventually.ts';
import { endProcess, outcome } from './in-cgroup.ts';
import { inMachine, onTestHost } from './namespace.ts';
import { initIs } from './own-init.ts';
import { type PretendedLogind, pretendLogind } from './pretended-logind.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const STOP_GUESTS = join(import.meta.dirname, '../../packaging/stop-guests');
const NOTIFY = '@hostler-test-shutdown';
/** Notes what it is sent, ends a service for it, and halts when the last of two others has ended. */
const SLOW = `
trap 'echo TERM >> /heard; kill $service' TERM
sleep 6000 & service=$!
sleep 6001 &
sleep 6002 & last=$!
while kill -0 $last 2>/dev/null; do wait $last; done`;

/** Notes what it is sent as well, and halts when somebody allows it. */
const STAYS = "trap 'echo TERM >> /heard' TERM; until [ -e /may-end ]; do sleep 0.1 & wait $!; done";
/** More than are stopped at a time otherwise. */
const CROWD = Array.from({ length: 9 }, (_, at) => `down-${at}`);

describe.skipIf(!onTestHost || inMachine)('a host that goes down', () => {
  const programs = mkdtempSync(join(tmpdir(), 'hostler-shutdown-'));
  let logind: PretendedLogind;
  let scene: Scene;
  let slow: SceneGuest;
  let crowd: readonly SceneGuest[];
  let systemd: ChildProcess;
  let service: ChildProcess | undefined;
  const notified: string[] = [];
  const state = async (name: string) => (await scene.agent.guest(name)).state;
  const looks = () => fileStore(scene.agent.runFolder, programs).stop('down-slow')?.watches?.count ?? 0;
  const extensions = () => notified.filter((text) => text.includes('EXTEND_TIMEOUT_USEC='));
  const sleeps = (seconds: string) =>
    readFileSync(`${V2_ROOT}/lxc.payload.down-slow/cgroup.procs`, 'utf8')
      .trim()
      .split('\n')
      .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(seconds))
      .map(Number);

  beforeAll(async () => {
    symlinkSync(command, join(programs, 'hostler'));
    logind = await pretendLogind(programs);
    systemd = spawn(fixture('catch'), [NOTIFY], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (systemd.stdout) {
      createInterface({ input: systemd.stdout }).on('line', (line) =>
        notified.push(Buffer.from(line, 'hex').toString()),
      );
      await once(systemd.stdout, 'data');
    }
    const PATH = `${programs}:${process.env.PATH}`;
    scene = await createScene({ rules: '[]', udevd: 'absent', environment: { PATH }, agent: 'later' });
    scene.agent.guestFile('down-slow', 'stop: { timeout: 30m }');
    await scene.agent.start();
    [slow, ...crowd] = await Promise.all([
      scene.guest('down-slow', { furnish: (folder) => initIs(folder, SLOW) }),
      ...CROWD.map((name) => scene.guest(name, { furnish: (folder) => initIs(folder, STAYS) })),
    ]);
    await eventually(() =>
      expect(['6000', '6001', '6002'].map((seconds) => sleeps(seconds).length)).toEqual([1, 1, 1]),
    );
    for (const name of ['down-slow', ...CROWD]) await eventually(async () => expect(await state(name)).toBe('running'));
  });
  afterAll(async () => {
    if (service) await endProcess(service);
    await scene?.end();
    logind?.end();
    if (systemd) await endProcess(systemd);
    rmSync(programs, { recursive: true });
  });

  test('says on a sunny day that its guests have more time than there is', async () => {
    const words = ['plan', 'shutdown', '--budget', '30', '--socket', scene.agent.controlSocket];
    const { code, out } = await hostler(words);
    expect([code, out]).toEqual([1, expect.stringMatching(/^budget .*too short by /m)]);
    expect(new Set(await Promise.all(['down-slow', ...CROWD].map(state)))).toEqual(new Set(['running']));
  });

  test('has its guests halt as soon as logind says so, however many they are', async () => {
    await eventually(() => expect(logind.asked()).toBe(true));
    logind.prepare(true);
    // None of them ends before all have heard.
    for (const { folder } of [slow, ...crowd])
      await eventually(() => expect(existsSync(join(folder, 'rootfs/heard'))).toBe(true));
    for (const { folder } of crowd) writeFileSync(join(folder, 'rootfs/may-end'), '');
    for (const { name } of crowd) await eventually(async () => expect(await state(name)).toBe('stopped'));
    const says = (await scene.agent.events()).map((event) => event.says);
    expect(says).toContain(`the host is about to go down: ${1 + crowd.length} guests halt`);
    expect(says.filter((text) => text.endsWith('killed'))).toEqual([]);
  });

  test('gives them time while they get on, and none where they do not', async () => {
    const env = {
      PATH: `${programs}:${process.env.PATH}`,
      NOTIFY_SOCKET: NOTIFY,
      HOSTLER_SOCKET: scene.agent.controlSocket,
    };
    service = spawn(STOP_GUESTS, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = outcome(service);
    // What was said before may still be on its way.
    await eventually(async () => {
      const [said, seen] = [extensions().length, looks()];
      await eventually(() => expect(looks()).toBeGreaterThan(seen + 1));
      expect(extensions()).toHaveLength(said);
    });
    const before = extensions().length;
    for (const pid of sleeps('6001')) process.kill(pid);
    await eventually(() => expect(extensions().length).toBeGreaterThan(before));
    for (const pid of sleeps('6002')) process.kill(pid);
    expect(await ended).toMatchObject({ end: 0, said: expect.stringMatching(/^down-slow: stopped in [\d.]+ s$/m) });
  });
});
