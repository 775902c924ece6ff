import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, ended } from '../cli/hostler.ts';
import { eventually } from './eventually.ts';
import { onTestHost } from './namespace.ts';
import { atShutdown } from './own-init.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const MANUAL = join(import.meta.dirname, '../../packaging/man/hostler.8');
/** The files of the manual's section on a UPS, by the name that stands above each. */
const [, recipe = ''] = /^\.Ss On a UPS\n[\s\S]*?^\.Bd .*\n([\s\S]*?)^\.Ed$/m.exec(readFileSync(MANUAL, 'utf8')) ?? [];
const FILES = new Map(
  recipe.split(/^# (?=\/)/m).map((part) => [/^[^\s,]*/.exec(part)?.[0] ?? '', part.slice(part.indexOf('\n') + 1)]),
);
const CONFIG = FILES.get('/etc/nut/upssched.conf') ?? '';
const SCRIPT = '/usr/local/sbin/on-battery';

describe.skipIf(!onTestHost)('on a UPS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-battery-'));
  let scene: Scene;
  let batch: SceneGuest;
  const options = (type: string): SpawnOptions => ({
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      HOSTLER_SOCKET: scene.agent.controlSocket,
      UPSNAME: 'ups@localhost',
      NOTIFYTYPE: type,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** What upssched runs of it; a shell runs what has no first line that says who. */
  const upssched = (type: string, event: string) =>
    ended(spawn('sh', ['-c', `${join(folder, 'on-battery')} ${event}`], options(type)));
  const letHalt = () => writeFile(join(batch.folder, 'rootfs/go'), '\n');
  const pids = async () =>
    Promise.all(['batch1', 'db1'].map(async (name) => (await scene.agent.guest(name)).instance?.pid));
  const run = async () => {
    const found = await pids();
    expect(found).not.toContain(undefined);
    return found;
  };

  beforeAll(async () => {
    scene = await createScene({ rules: '[]', udevd: 'absent', agent: 'later' });
    symlinkSync(command, join(folder, 'hostler'));
    writeFileSync(join(folder, 'on-battery'), FILES.get(SCRIPT) ?? '', { mode: 0o755 });
    scene.agent.guestFile('batch1', 'start: { marks: [batch], after: [db1] }\nrestart: { crash: { delay: 100ms } }');
    [batch] = await Promise.all([scene.guest('batch1', { furnish: haltsLater }), scene.guest('db1')]);
    await scene.agent.start();
    await eventually(run);
  });
  afterAll(async () => {
    await scene?.agent.end('SIGTERM');
    await scene?.end();
    rmSync(folder, { recursive: true });
  });

  test('stops those that can wait while the battery holds, and starts them again when the mains are back', async () => {
    const [first, database] = await pids();
    const saved = upssched('ONBATT', 'onbatt');
    await letHalt();
    expect(await saved).toMatchObject({ code: 0, out: expect.stringMatching(/^batch1: stopped in [\d.]+ s$/m) });
    expect(await pids()).toEqual([undefined, database]);
    expect(await upssched('ONLINE', 'online')).toMatchObject({ code: 0, err: '' });
    const [second, ...others] = await run();
    expect([second !== first, others]).toEqual([true, [database]]);
  });

  test('has them again although the mains are back before they have halted', async () => {
    const [first, database] = await pids();
    rmSync(join(batch.folder, 'rootfs/begun'));
    const saved = upssched('ONBATT', 'onbatt');
    await eventually(() => readFileSync(join(batch.folder, 'rootfs/begun')));
    const back = upssched('ONLINE', 'online');
    await eventually(async () => expect((await scene.agent.guest('batch1')).life?.doing).toBe('restarting'));
    await letHalt();
    expect([(await saved).code, (await back).code]).toEqual([0, 0]);
    const [second, ...others] = await eventually(run);
    expect([second !== first, others]).toEqual([true, [database]]);
    expect((await scene.agent.guest('batch1')).life?.crashes).toBe(0);
  });

  test('does nothing about a time on battery that was over before the timer', () => {
    const lines = CONFIG.split('\n').filter((line) => line.startsWith('AT '));
    expect(lines).toEqual(['AT ONBATT * START-TIMER onbatt 20', 'AT ONLINE * CANCEL-TIMER onbatt online']);
    expect(CONFIG).toContain(`CMDSCRIPT ${SCRIPT}\n`);
  });
});

function haltsLater(folder: string): void {
  atShutdown(folder, 'echo > /begun; read line < /go');
  execFileSync('mkfifo', [join(folder, 'rootfs/go')]);
}
