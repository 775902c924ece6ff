import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOOK } from '../kernel/listening.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const RULES = `
- rule: scanner
  match: { subsystem: block, sysname: "loop35[0-4]" }
  guest: [robust-start, robust-again, "robust-many?"]
  node: { mode: "0660", owner: saned, group: scanner }
  links: [/dev/scanners/front]
- rule: needed
  match: { subsystem: block, sysname: loop355 }
  guest: robust-needs
  when: required
- rule: awaited
  match: { subsystem: block, sysname: loop356 }
  guest: robust-waits
  when: wait 3s
- rule: awaited-long
  match: { subsystem: block, sysname: loop357 }
  guest: robust-waits-long
  when: wait 10m
`;
const GUESTS = 10;

describe.skipIf(!onTestHost)('a guest that starts', () => {
  let scene: Scene;
  const plugged = new Set<number>();
  const plug = (number: number) => {
    plugLoop(number);
    plugged.add(number);
  };
  const unplug = (number: number) => {
    unplugLoop(number);
    plugged.delete(number);
  };
  const has = async (guest: SceneGuest, number: number) => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual([`loop${number}`, 'scanners/', 'scanners/front']));
    expect(inside.node(`/dev/loop${number}`)).toBe(`b:7:${number} 0660 106:107`);
    await eventually(() => expect(inside.blockGrants()).toEqual([`b 7:${number} rw`]));
  };
  const refusals = async () => (await scene.agent.events()).filter(({ kind }) => kind === 'refusal');

  beforeAll(async () => {
    scene = await createScene({ rules: RULES, hook: HOOK, furnish: rememberFirstSight });
  });
  afterAll(async () => {
    await scene?.end();
    for (const number of plugged) unplugLoop(number);
  });

  test('after its device was plugged in, before anybody knew the guest, has it', async () => {
    plug(350);
    const known = async () => (await scene.agent.devices()).map(({ node }) => node);
    await eventually(async () => expect(await known()).toContain('/dev/loop350'));
    const guest = await scene.guest('robust-start');
    await has(guest, 350);
    await guest.destroy();
  });

  test('after two replugs has the present node only, and has it before its init runs', async () => {
    const guest = await scene.guest('robust-start');
    await has(guest, 350);
    await firstSight(guest);
    await guest.stop();
    for (const number of [350, 351]) {
      unplug(number);
      plug(number + 1);
    }
    execFileSync('udevadm', ['settle']); // before udev has had its say no guest is given it
    await guest.start();
    expect(await firstSight(guest)).toEqual([
      'b 106 107 7, 352 /dev/loop352',
      'l 0 0 /dev/scanners/front -> /dev/loop352',
    ]);
    await has(guest, 352);
    await eventually(async () => expect((await scene.agent.guest('robust-start')).converged).toBe(true));
    await guest.destroy();
  });

  test('is refused without a device that is required, and told why', async () => {
    const guest = scene.make('robust-needs');
    await expect(guest.start()).rejects.toThrow();
    await eventually(async () => {
      const [told] = (await refusals()).filter(({ guest: about }) => about === 'robust-needs');
      expect(told?.says).toMatch(
        /^E_REQUIRED robust-needs: may not start: rule needed says "when: required", and no device/,
      );
    });
    plug(355);
    await eventually(() => guest.start());
    await eventually(async () => expect((await guest.inside()).names()).toEqual(['loop355']));
    await guest.destroy();
  });

  test('waits for a device for as long as its rule says', async () => {
    const guest = scene.make('robust-waits');
    const started = performance.now();
    await guest.start();
    expect(performance.now() - started).toBeGreaterThan(2_900);
    expect(await firstSight(guest)).toEqual([]);
    await guest.destroy();
  });

  test('is let go as soon as the device comes that it waits for', async () => {
    const guest = scene.make('robust-waits-long');
    const starting = guest.start();
    await eventually(async () => expect((await scene.agent.guest('robust-waits-long')).state).toBe('running'));
    await pause(500);
    plug(357);
    await starting; // before this test's time is over, and with it nobody's ten minutes
    expect(await firstSight(guest)).toEqual([expect.stringMatching(/^b .* 7, 357 \/dev\/loop357$/)]);
    await guest.destroy();
  });

  test('20 times in a row, has its device 20 times', async () => {
    const guest = scene.make('robust-again');
    for (let time = 0; time < 20; time += 1) {
      await guest.start();
      expect(await firstSight(guest)).toHaveLength(2);
      await has(guest, 352);
      await guest.stop();
      await eventually(async () => expect((await scene.agent.guest('robust-again')).state).toBe('stopped'));
    }
    await guest.destroy();
  });

  test('after it was destroyed and made again, is a new guest', async () => {
    await eventually(async () => expect(await scene.agent.guest('robust-again')).toMatchObject({ code: 'E_NO_GUEST' }));
    const guest = await scene.guest('robust-again');
    await has(guest, 352);
    await guest.destroy();
  });

  test(`is one of ${GUESTS} at once, some before the agent and some after`, async () => {
    const guests = Array.from({ length: GUESTS }, (_, index) => scene.make(`robust-many${index}`));
    await scene.agent.end('SIGTERM');
    await Promise.all(guests.slice(0, GUESTS / 2).map((guest) => guest.start()));
    await Promise.all([scene.agent.start(), ...guests.slice(GUESTS / 2).map((guest) => guest.start())]);
    await Promise.all(guests.map((guest) => has(guest, 352)));
    unplug(352);
    for (const guest of guests) {
      const inside = await guest.inside();
      await eventually(() => expect(inside.names()).toEqual([]));
    }
    await Promise.all(guests.map((guest) => guest.destroy()));
  });
});

/** Its init writes down, before anything else, what it has. */
function rememberFirstSight(folder: string): void {
  const look = 'find /dev \\( -type b -o -path "/dev/scanners/*" \\) -exec ls -ln {} + > /seen.new; mv /seen.new /seen';
  writeFileSync(join(folder, 'rootfs/bin/look'), `#!/bin/sh\n${look}\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'rootfs/etc/inittab'), '::sysinit:/bin/look\n');
}

/** `b 106 107 7, 352 /dev/loop352` a line, as it was when the guest was started last. */
async function firstSight(guest: SceneGuest): Promise<readonly string[]> {
  const path = join(guest.folder, 'rootfs/seen');
  const text = await eventually(() => readFileSync(path, 'utf8'));
  rmSync(path);
  return text.split('\n').filter(Boolean).map(withoutTime).sort();
}

// Of ls -ln: mode, links, uid, gid, then a number or a size, a time, and the name.
function withoutTime(line: string): string {
  const [mode = '', , uid, gid, ...rest] = line.split(/\s+/);
  const number = mode.startsWith('b') ? `${rest.slice(0, 2).join(' ')} ` : '';
  return `${mode[0]} ${uid} ${gid} ${number}${line.slice(line.indexOf('/dev'))}`;
}
