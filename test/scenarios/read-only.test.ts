import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controllers, held } from './control-file.ts';
import { eventually } from './eventually.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene } from './scene.ts';

const GUESTS = ['read-only-1', 'read-only-2'];
const MOUNTS = ['pids', 'memory'].flatMap((controller) => controllers.mountOf(controller) ?? []);

/** For those who are in this mount namespace; LXC has made its cgroups. Not while one of these is written. */
async function remount(how: 'ro' | 'rw'): Promise<void> {
  for (const mount of new Set(MOUNTS))
    await eventually(() => execFileSync('mount', ['-o', `remount,bind,${how}`, mount], { stdio: 'pipe' }));
}

describe.skipIf(!onTestHost)('cgroups that are mounted read-only', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await createScene({ rules: '[]' });
    for (const name of GUESTS) await scene.guest(name);
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
    await remount('ro');
  });
  afterAll(async () => {
    await remount('rw');
    await scene.end();
  });

  const refusals = async () =>
    (await scene.agent.events()).map(({ says }) => says).filter((says) => says.startsWith('E_LIMIT'));

  test('are told of once for all guests and limits, and limits are there as soon as they can be', async () => {
    scene.agent.policy('few', 'guests: "read-only-*"\nmemory: { rss: { limit: 64MiB } }\nprocesses: { limit: 40 }');
    await eventually(async () => expect(await refusals()).toHaveLength(1));
    for (const name of GUESTS)
      await eventually(async () => expect((await scene.agent.guest(name)).converged).toBe(false));
    expect(await refusals()).toEqual([
      expect.stringMatching(/^E_LIMIT_READ_ONLY cgroups: guests cannot be limited: .* read-only .*remount,rw/),
    ]);
    await remount('rw');
    await eventually(() => {
      for (const name of GUESTS) expect(held('pids.max', name)).toBe('40');
    });
    expect(await refusals()).toHaveLength(1);
  });
});
