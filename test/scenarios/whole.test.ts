import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addPartition, attachImage, detachImage } from '../kernel/loop-image.ts';
import { eventually } from './eventually.ts';
import type { GuestView } from './guest-view.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const LOOP = 2460;
const folder = mkdtempSync(join(tmpdir(), 'hostler-whole-'));
const image = join(folder, 'image');
const rules = `
- rule: whole-disk
  match: { subsystem: block, devtype: disk, attr: { loop/backing_file: ${image} } }
  guest: whole
  take: whole
  node: { mode: "0660", group: disk }
`;

describe.skipIf(!onTestHost)('a disk and its partitions, which are one device', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let inside: GuestView;
  const has = (...names: readonly string[]) =>
    eventually(() => {
      expect(inside.names().filter((name) => /^loop/.test(name))).toEqual(names);
      expect(inside.blockGrants()).toHaveLength(names.length);
    });
  const disk = `loop${LOOP}`;

  beforeAll(async () => {
    writeFileSync(image, '');
    execFileSync('truncate', ['--size=8M', image]);
    scene = await createScene({ rules });
    guest = await scene.guest('whole');
    inside = await guest.inside();
  });
  afterAll(async () => {
    await scene?.end();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    plugLoop(LOOP);
    attachImage(LOOP, image);
  });
  afterEach(async () => {
    await detachImage(LOOP);
    unplugLoop(LOOP);
    await has();
    expect(inside.names()).toEqual([]);
  });

  test('come by one rule that matches the disk alone, also later, and go together', async () => {
    await has(disk);
    addPartition(LOOP, 1, 2048, 1024);
    addPartition(LOOP, 2, 4096, 1024);
    await has(disk, `${disk}p1`, `${disk}p2`);
    const why = await scene.agent.why(`/dev/${disk}p2`);
    expect(why.rules).toMatchObject([{ matched: true, partOf: `/devices/virtual/block/${disk}` }]);
  });

  test('go when one of them cannot be there any more, and come back as one', async () => {
    await guest.attach('mkdir', `/dev/${disk}p2`);
    addPartition(LOOP, 1, 2048, 1024);
    await eventually(() => expect(inside.names()).toEqual([disk, `${disk}p1`, `${disk}p2/`]));
    addPartition(LOOP, 2, 4096, 1024);
    await eventually(() => expect(inside.blockGrants()).toEqual([]));
    await eventually(() => expect(inside.names()).toEqual([`${disk}p2/`]));
    await eventually(async () => {
      const { refusals } = await scene.agent.guest('whole');
      expect(refusals.map(({ code }) => code).sort()).toEqual(['E_INCOMPLETE', 'E_NODE_FOREIGN']);
    });
    await guest.attach('rmdir', `/dev/${disk}p2`);
    await has(disk, `${disk}p1`, `${disk}p2`);
  });
});
