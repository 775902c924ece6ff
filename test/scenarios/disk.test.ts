import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addPartition, attachImage, detachImage, diskseqOf } from '../kernel/loop-image.ts';
import { eventually } from './eventually.ts';
import type { GuestView } from './guest-view.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene } from './scene.ts';

const LOOP = 2440;
const NUMBER = `b:7:${LOOP}`;
const rulesOf = (folder: string) => `
- rule: labelled
  match: { subsystem: block, devtype: disk, property: { ID_FS_LABEL: ours } }
  guest: disk
  node: { path: /dev/labelled, mode: "0660", group: disk }
- rule: partitions
  match:
    subsystem: block
    devtype: partition
    parent: { subsystem: block, attr: { loop/backing_file: ${join(folder, 'parted')} } }
  guest: disk
  take: all
  node: { mode: "0660", group: disk }
- rule: image
  match: { subsystem: block, devtype: disk, attr: { loop/backing_file: ${join(folder, 'plain')} } }
  guest: disk
  node: { path: /dev/image, mode: "0660", group: disk }
`;

describe.skipIf(!onTestHost).each([
  { kind: 'privileged', firstId: undefined },
  { kind: 'unprivileged', firstId: 100_000 },
])('a disk in a $kind guest', ({ firstId }) => {
  let scene: Scene;
  let inside: GuestView;
  let folder: string;
  /** A file system with this label. */
  const makeImage = (name: string, label: string): string => {
    const path = join(folder, name);
    execFileSync('mkfs.ext4', ['-q', '-L', label, path, '4M'], { stdio: 'ignore' });
    return path;
  };
  const nothing = () =>
    eventually(() => {
      expect(inside.names()).toEqual([]);
      expect(inside.blockGrants()).toEqual([]);
    });
  const has = (path: string, number: string) =>
    eventually(() => {
      expect(inside.node(path)).toBe(`${number} 0660 0:6`);
      expect(inside.blockGrants()).toContain(`${number.replace('b:', 'b ')} rw`);
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hostler-images-'));
    scene = await createScene({ rules: rulesOf(folder), ...(firstId && { firstId }) });
    const guest = await scene.guest('disk');
    inside = await guest.inside();
  });
  afterAll(async () => {
    await scene?.end();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => plugLoop(LOOP));
  afterEach(async () => {
    await detachImage(LOOP);
    unplugLoop(LOOP);
    await nothing();
  });

  test('that is attached to another file goes when what is in it now is not wanted, and comes again', async () => {
    const [ours, theirs] = [makeImage('one', 'ours'), makeImage('two', 'theirs')];
    attachImage(LOOP, ours);
    await has('/dev/labelled', NUMBER);
    await detachImage(LOOP);
    attachImage(LOOP, theirs);
    await nothing();
    await detachImage(LOOP);
    attachImage(LOOP, ours);
    await has('/dev/labelled', NUMBER);
    const device = async () => (await scene.agent.guest('disk')).nodes[0]?.device;
    await eventually(async () => expect(await device()).toBe(`/devices/virtual/block/loop${LOOP} ${diskseqOf(LOOP)}`));
  });

  test('whose file is exchanged while it is open goes all the same', async () => {
    const [ours, theirs] = [makeImage('plain', 'x'), makeImage('other', 'y')];
    execFileSync('losetup', ['--read-only', `/dev/loop${LOOP}`, ours]);
    await has('/dev/image', NUMBER);
    execFileSync(join(import.meta.dirname, '../../native/build/fixtures/loopctl'), ['change', String(LOOP), theirs]);
    await nothing();
  });

  test('has its partitions there by rule, and they vanish when it is detached', async () => {
    attachImage(LOOP, makeImage('parted', 'x'));
    const partitions = [addPartition(LOOP, 1, 2048, 1024), addPartition(LOOP, 2, 4096, 1024)];
    await has(`/dev/loop${LOOP}p1`, partitions[0] ?? '');
    await has(`/dev/loop${LOOP}p2`, partitions[1] ?? '');
    const disks = async () => (await scene.agent.guest('disk')).nodes.map(({ device }) => device.split(' ')[1]);
    await eventually(async () => expect(await disks()).toEqual([diskseqOf(LOOP), diskseqOf(LOOP)]));
    await detachImage(LOOP);
    await nothing();
    attachImage(LOOP, makeImage('unparted', 'x'));
    addPartition(LOOP, 1, 2048, 1024);
    await nothing();
  });
});
