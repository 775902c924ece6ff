import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostler } from '../cli/hostler.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { executorOf } from './processes.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const RULES = `
- rule: disk
  match: { subsystem: block, sysname: "loop39[0-4]" }
  guest: robust-folder
  take: all
`;

describe.skipIf(!onTestHost)('the run folder', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let folder: string;
  const plugged = new Set<number>();

  const plug = (number: number) => {
    plugLoop(number);
    plugged.add(number);
  };
  const has = async (...names: readonly string[]) => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual(names));
  };
  const codes = async () => (await scene.agent.status()).warnings.map(({ code }) => code);
  const mount = (...words: readonly string[]) => execFileSync('mount', words, { stdio: 'pipe' });

  beforeEach(async () => {
    scene = await createScene({ rules: RULES, agent: 'later' });
    folder = scene.agent.runFolder;
    guest = await scene.guest('robust-folder');
    mount('-t', 'tmpfs', '-o', 'size=64k', 'small', folder);
    await scene.agent.start();
    plug(390);
    await has('loop390');
  });
  afterEach(async () => {
    await scene.agent.end('SIGTERM');
    execFileSync('umount', [folder]);
    await scene.end();
    for (const number of plugged) unplugLoop(number);
    plugged.clear();
  });

  test('has one agent: a second one refuses, and the first notices nothing', async () => {
    const before = { pid: scene.agent.pid(), executor: executorOf(scene.agent.pid()) };
    const second = await hostler(scene.agent.words);
    expect(second).toEqual({
      code: 1,
      out: '',
      err: `E_RUN_FOLDER ${folder}: cannot be used: another agent is at work in it; stop the other agent, mend the folder, or name another with --run\n`,
    });
    plug(391);
    await has('loop390', 'loop391');
    expect({ pid: (await scene.agent.status()).pid, executor: executorOf(scene.agent.pid()) }).toEqual(before);
  });

  test('of an agent that was killed is free for the next', async () => {
    await scene.agent.end('SIGKILL');
    await scene.agent.start();
    plug(391);
    await has('loop390', 'loop391');
  });

  test('is full: devices come and go all the same, it is told, and a crash after there is room again finds everything', async () => {
    const filler = join(folder, 'filler');
    fill(filler);
    plug(391);
    await has('loop390', 'loop391');
    await eventually(async () => expect(await codes()).toContain('E_STATE_WRITE'));
    const told = async () => (await scene.agent.events()).filter(({ says }) => says.startsWith('E_STATE_WRITE'));
    await eventually(async () => expect((await told()).map(({ guest: about }) => about)).toEqual(['robust-folder']));

    rmSync(filler);
    await eventually(async () => expect(await codes()).toEqual([]), 40_000);
    await scene.agent.end('SIGKILL');
    unplugLoop(390);
    plugged.delete(390);
    await scene.agent.start();
    await has('loop391');
    expect((await guest.inside()).blockGrants()).toEqual(['b 7:391 rw']);
  });

  test('is read-only: devices come and go all the same, and a guest may end', async () => {
    // Not while a file in it is written.
    await eventually(() => mount('-o', 'remount,bind,ro', folder));
    plug(391);
    await has('loop390', 'loop391');
    await eventually(async () => expect(await codes()).toContain('E_STATE_WRITE'));
    await guest.stop();
    await guest.start();
    await has('loop390', 'loop391');
    mount('-o', 'remount,bind,rw', folder);
    await eventually(async () => expect(await codes()).toEqual([]), 40_000);
  });

  test('is read-only from the start: the agent says so and ends', async () => {
    await scene.agent.end('SIGTERM');
    mount('-o', 'remount,bind,ro', folder);
    const { code, err } = await hostler(scene.agent.words);
    expect([code, err]).toEqual([1, expect.stringMatching(/^E_RUN_FOLDER .*: cannot be used: EROFS.*\n$/)]);
  });
});

/** Until nothing goes in any more. */
function fill(path: string): void {
  expect(() => writeFileSync(path, Buffer.alloc(1 << 20))).toThrow('ENOSPC');
}
