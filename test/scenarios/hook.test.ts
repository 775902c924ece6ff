import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOOK } from '../kernel/listening.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const RULES = `
- rule: disk
  match: { subsystem: block, sysname: "loop35[5-9]" }
  guest: [robust-hook, robust-hook2]
  take: all
`;
/** udev lets no property of a device choose the socket, so its rule names it in a script. */
const UDEV_RULES = '/run/udev/rules.d';
const SCRIPT = '/run/robust-hook';

describe.skipIf(!onTestHost)('hostler-hook', () => {
  let scene: Scene;
  let guest: SceneGuest;

  beforeAll(async () => {
    mkdirSync(UDEV_RULES, { recursive: true });
    writeFileSync(`${UDEV_RULES}/91-robust.rules`, `SUBSYSTEM=="mem", KERNEL=="null", RUN+="${SCRIPT} robust-hook"\n`);
    scene = await createScene({ rules: RULES });
    const call = `exec env -u DEVPATH HOSTLER_HOOK_SOCKET=${scene.agent.hookSocket} ${HOOK} "$@"`;
    writeFileSync(SCRIPT, `#!/bin/sh\n${call}\n`, { mode: 0o755 });
    guest = await scene.guest('robust-hook');
    await scene.guest('robust-hook2');
    plugLoop(355);
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual(['loop355']));
  });
  afterAll(async () => {
    await scene?.end();
    unplugLoop(355);
    for (const path of [`${UDEV_RULES}/91-robust.rules`, SCRIPT]) rmSync(path, { force: true });
  });

  const looks = async () => {
    const { counters } = await scene.agent.status();
    const [one, two] = await Promise.all(['robust-hook', 'robust-hook2'].map((name) => scene.agent.guest(name)));
    return { nudges: counters.nudges_total ?? 0, one: one?.lastPass, two: two?.lastPass };
  };
  /** A pass hears of its own changes: the one after it may still be to come. */
  const calmLooks = async () => {
    const before = await looks();
    await pause(200);
    expect(await looks()).toEqual(before);
    return before;
  };
  // What the machine makes the agent suspect to be lost has every guest looked at: then it is tried once more.
  const looksAtOnlyItsGuest = (nudge: () => void) =>
    eventually(async () => {
      const before = await eventually(calmLooks);
      nudge();
      const after = await eventually(async () => {
        const now = await looks();
        expect(now.one).not.toBe(before.one);
        return now;
      });
      expect(after).toEqual({ nudges: before.nudges + 1, one: after.one, two: before.two });
    });

  test('has the agent look at the guest that it names, and at no other', async () => {
    await looksAtOnlyItsGuest(() => execFileSync(SCRIPT, ['robust-hook']));
  });

  test('does so as a program of a udev rule', async () => {
    await looksAtOnlyItsGuest(() => writeFileSync('/sys/class/mem/null/uevent', 'change'));
  });

  test('for nobody in particular has every guest looked at', async () => {
    const before = await looks();
    execFileSync(SCRIPT, []);
    await eventually(async () => {
      const after = await looks();
      expect(after.one).not.toBe(before.one);
      expect(after.two).not.toBe(before.two);
    });
  });

  test('for a guest that is not there changes nothing', async () => {
    await eventually(async () => {
      const before = await eventually(calmLooks);
      execFileSync(SCRIPT, ['robust-nobody']);
      const after = await eventually(async () => {
        const now = await looks();
        expect(now.nudges).toBe(before.nudges + 1);
        return now;
      });
      expect(after).toEqual({ ...before, nudges: before.nudges + 1 });
    });
  });

  test('without an agent is over at once and well', async () => {
    await scene.agent.end('SIGTERM');
    const started = performance.now();
    execFileSync(SCRIPT, ['robust-hook']);
    // So long it would wait for an answer.
    expect(performance.now() - started).toBeLessThan(5_000);
    await scene.agent.start();
  });
});
