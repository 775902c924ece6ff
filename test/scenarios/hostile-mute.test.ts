import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { failureText } from '../../src/model/failure.ts';
import { eventually } from './eventually.ts';
import { type HostileGuest, startHostileGuest } from './hostile-guest.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { childrenOf, executorOf } from './processes.ts';
import { createScene, type Scene } from './scene.ts';

const HOSTLER = join(import.meta.dirname, '../../bin/hostler');
const SUSPECT = { code: 'E_GUEST_SUSPECT', subject: 'hostile-mute' } as const;
const DEADLINE_MS = 5000;
const RULES = `
- rule: mute
  match: { subsystem: block, sysname: "loop330" }
  guest: hostile-mute
  node: { path: /dev/scanners/unit }
- rule: other
  match: { subsystem: block, sysname: "loop340" }
  guest: hostile-other
`;

describe.skipIf(!onTestHost)('a guest with a file system that never answers', () => {
  let scene: Scene;
  let mute: HostileGuest;
  let other: HostileGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    mute = await startHostileGuest(scene, 'hostile-mute');
    other = await startHostileGuest(scene, 'hostile-other');
    await mute.shell.run('mknod /fuse c 10 229; mkdir -p /dev/scanners');
  });
  afterEach(() => {
    for (const number of [330, 340]) unplugLoop(number);
  });
  afterAll(async () => {
    await mute?.shell.end();
    await other?.shell.end();
    await scene?.end();
  });

  const suspect = () =>
    eventually(async () => {
      const { refusals } = await scene.agent.guest('hostile-mute');
      expect(refusals).toMatchObject([SUSPECT]);
      const texts = (await scene.agent.events()).map(({ says }) => says);
      for (const refusal of refusals) expect(texts).toContain(failureText(refusal));
    });
  const lookAgain = () =>
    spawnSync(HOSTLER, ['apply', 'hostile-mute', '--socket', scene.agent.controlSocket], { stdio: 'ignore' });

  /** Those included that the kernel does not let end. */
  const workers = () => childrenOf(executorOf(scene.agent.pid()));

  test.each([
    { folder: '/dev/scanners', manner: 'deaf' },
    { folder: '/dev/scanners', manner: 'takes' },
    { folder: '/dev', manner: 'takes' },
  ])(
    'on $folder ($manner requests) is suspect after 5 s, which no other guest notices',
    async ({ folder, manner }) => {
      const muteFrom = performance.now(); // it may be looked at as soon as that is mounted
      const pid = await mute.shell.run(`mute /fuse ${folder} ${manner} > /tmp/mute & echo $!`);
      await eventually(async () => expect(await mute.shell.run('cat /tmp/mute')).toContain('mounted'));
      const before = (await scene.agent.events()).at(-1)?.number ?? 0;
      const plugged = performance.now();
      plugLoop(330);
      plugLoop(340);
      await eventually(() => expect(other.inside.node('/dev/loop340')).toContain('b:7:340'));
      const otherMs = performance.now() - plugged;
      await suspect();
      const suspectMs = performance.now() - muteFrom;
      const told = (await scene.agent.events()).flatMap(({ number, says }) => (number > before ? says : []));
      // A worker that nobody answered cannot be killed: however often it is tried, the guest costs one of them.
      if (manner === 'takes') for (let look = 0; look < 3; look += 1) lookAgain();
      process.stdout.write(
        `${folder} ${manner}: other guest ${otherMs.toFixed()} ms, suspect ${suspectMs.toFixed()} ms\n`,
      );
      const order = told.flatMap(
        (says) => /^hostile-other: .*make \/dev\/loop340|^E_GUEST_SUSPECT/.exec(says)?.[0] ?? [],
      );
      expect(order).toEqual([expect.stringMatching(/^hostile-other/), 'E_GUEST_SUSPECT']);
      expect(suspectMs).toBeGreaterThan(DEADLINE_MS - 100);
      await eventually(() => expect(workers().length).toBeLessThanOrEqual(2));

      await mute.shell.run(`kill -9 ${pid}; umount -l ${folder}`);
      await eventually(() => expect(mute.inside.names()).toContain('scanners/unit'), 60_000);
      await eventually(async () => expect((await scene.agent.guest('hostile-mute')).refusals).toEqual([]));
      await eventually(() => expect(workers()).toHaveLength(2));
    },
    180_000,
  );
});
