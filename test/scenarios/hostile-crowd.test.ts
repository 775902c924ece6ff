import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { type HostileGuest, startHostileGuest } from './hostile-guest.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene } from './scene.ts';

const ENTRIES = 10_000;
/** Longer than a plug's last event takes: what comes then is heard, not looked at by chance. */
const CALM_MS = 500;
const FIRST = 342;
const LONGEST_NAME = 'x'.repeat(255);
/** As deep as the executor goes: 32 parts. */
const DEEPEST = `/dev/${'d/'.repeat(30)}unit`;

const LAST = '/dev/plain/unit';
const paths = [`/dev/${LONGEST_NAME}/${LONGEST_NAME}`, DEEPEST, '/dev/two words/it\'s "here" %41\\', LAST];
const cases = paths.map((path, index) => ({ path, number: FIRST + index }));

describe.skipIf(!onTestHost).each([
  { kind: 'privileged', firstId: undefined },
  { kind: 'unprivileged', firstId: 100_000 },
])(`in a $kind guest with ${ENTRIES} entries, hostile names and deep folders in its /dev`, ({ firstId }) => {
  let scene: Scene;
  let crowded: HostileGuest;

  beforeAll(async () => {
    const rules = cases.map(({ path, number }) => ({
      rule: `crowd-${number}`,
      match: { subsystem: 'block', sysname: `loop${number}` },
      guest: 'hostile-crowd',
      node: { path, mode: '0640' },
    }));
    scene = await createScene({ rules: JSON.stringify(rules), ...(firstId && { firstId }) });
    crowded = await startHostileGuest(scene, 'hostile-crowd');
    await crowded.shell.run(`
      i=0; while [ $i -lt ${ENTRIES} ]; do : > /dev/entry-$i; i=$((i + 1)); done
      printf 'mkdir "/dev/new\\nline" "/dev/${'y'.repeat(255)}" "/dev/ok 1.0 fail"' > /tmp/odd; sh /tmp/odd
      deep=/dev/deep; i=0; while [ $i -lt 40 ]; do deep=$deep/d; i=$((i + 1)); done; mkdir -p $deep`);
  });
  afterEach(() => {
    for (const { number } of cases) unplugLoop(number);
  });
  afterAll(async () => {
    await crowded?.shell.end();
    await scene?.end();
  });

  test('every node comes and goes, with the folders above it', async () => {
    const { inside } = crowded;
    const before = inside.names();
    for (const { number } of cases) plugLoop(number);
    for (const { path, number } of cases) {
      await eventually(() => expect(inside.node(path)).toMatch(new RegExp(`^b:7:${number} 0640 `)));
    }
    await eventually(async () => expect((await scene.agent.guest('hostile-crowd')).refusals).toEqual([]));
    for (const { number } of cases) unplugLoop(number);
    await eventually(() => expect(inside.names()).toEqual(before));
    for (const { path, number } of cases) {
      plugLoop(number);
      await eventually(() => inside.node(path));
    }
    await pause(CALM_MS);
    await crowded.shell.run(`chmod 0600 ${LAST}`);
    await eventually(() => expect(inside.node(LAST)).toContain(' 0640 '));
  });
});
