import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../kernel/listening.ts';
import { kernelUevent, type Properties, udevUevent } from '../kernel/uevent-bytes.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { executorOf } from './processes.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const TIMES = 100;
const RULES = `
- rule: disk
  match: { subsystem: block, sysname: "loop35?" }
  guest: robust-forged
  take: all
  tell: false # what udevd was made to forget of a disk is no longer told of it either
`;

/** The kernel's own removal of the device that the guest has: believed, it would take the node away. */
const REMOVAL: Properties = {
  ACTION: 'remove',
  DEVPATH: '/devices/virtual/block/loop350',
  SUBSYSTEM: 'block',
  MAJOR: '7',
  MINOR: '350',
  DEVNAME: 'loop350',
  DEVTYPE: 'disk',
  SEQNUM: '1',
};
const { SEQNUM: _, ...UNNUMBERED } = REMOVAL;

describe.skipIf(!onTestHost)('uevents that neither the kernel nor udevd sent', () => {
  let scene: Scene;
  let guest: SceneGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    guest = await scene.guest('robust-forged', { furnish: furnishForger });
    plugLoop(350);
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual(['loop350']));
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true)); // and what was done is counted
  });
  afterAll(async () => {
    await scene?.end();
    for (const number of [350, 351]) if (existsSync(`/sys/block/loop${number}`)) unplugLoop(number);
  });

  test.each([
    {
      story: 'multicast by a root process to the kernel group',
      reason: 'sender',
      send: multicast(1, kernelUevent(REMOVAL)),
    },
    {
      story: 'multicast by a root process to the udev group',
      reason: 'unverified',
      send: multicast(2, udevUevent(REMOVAL)),
    },
    { story: 'put through the kernel', reason: 'injected', send: () => forgeAll(['inject'], kernelUevent(UNNUMBERED)) },
    { story: 'with a wrong magic number', reason: 'magic', send: multicast(2, udevUevent(REMOVAL, 0xfeedbeef)) },
    { story: 'cut short', reason: 'short', send: multicast(2, udevUevent(REMOVAL).subarray(0, 90)) },
    {
      story: 'with a DEVNAME that climbs out of /dev',
      reason: 'name',
      send: multicast(2, udevUevent({ ...REMOVAL, ACTION: 'add', DEVNAME: '../etc/cron.d/loop350' })),
    },
    {
      story: 'with a line break in a serial number',
      reason: 'unverified',
      send: multicast(2, udevUevent({ ...REMOVAL, ID_SERIAL: 'a\nDEVNAME=loop351' })),
    },
    { story: 'sent to hostler alone', reason: 'unicast', send: () => unicast(scene) },
    {
      story: 'multicast to the kernel group by a guest that shares the network of the host',
      reason: 'sender',
      send: () => forgeAllIn(guest, ['multicast', '1'], kernelUevent(REMOVAL)),
    },
    {
      story: 'multicast to the udev group by such a guest',
      reason: 'unverified',
      send: () => forgeAllIn(guest, ['multicast', '2'], udevUevent(REMOVAL)),
    },
    {
      story: 'put through the kernel by such a guest',
      reason: 'injected',
      send: () => forgeAllIn(guest, ['inject'], kernelUevent(UNNUMBERED)),
    },
  ])('$story do nothing, are counted, and told once', async ({ reason, send }) => {
    const before = await seen(scene, guest, reason);
    await send();
    const after = await eventually(async () => {
      const now = await seen(scene, guest, reason);
      // A word of udevd's own may be doubted, too.
      expect(now.refused - before.refused).toBeGreaterThanOrEqual(TIMES);
      expect(now.told).toBeGreaterThanOrEqual(1);
      return now;
    });
    expect({ ...after, refused: 0, told: 0 }).toEqual({ ...before, refused: 0, told: 0 });
    // Once a minute, which may begin in the middle.
    expect(after.told - before.told).toBeLessThanOrEqual(TIMES / 10);
  });

  // udevd believes what was put through the kernel and forgets the disk: whoever looks while it is busy must not follow it.
  test.each([1, 2, 3, 4, 5])('a real event is still heard, time %i', async () => {
    forge(['inject'], kernelUevent(UNNUMBERED));
    const inside = await guest.inside();
    plugLoop(351);
    await eventually(() => expect(inside.names()).toEqual(['loop350', 'loop351']));
    unplugLoop(351);
    await eventually(() => expect(inside.names()).toEqual(['loop350']));
  });
});

/** What an event that is believed would change. */
async function seen({ agent }: Scene, guest: SceneGuest, reason: string) {
  const { counters } = await agent.status();
  const inside = await guest.inside();
  const node = statSync(`/proc/${await guest.initPid()}/root/dev/loop350`);
  return {
    refused: counters[`uevents_refused_${reason}_total`] ?? 0,
    told: agent
      .log()
      .split('\n')
      .filter((line) => line.includes('W_UEVENT_REFUSED') && line.includes(WORDS[reason] ?? '-')).length,
    actions: counters.actions_total,
    names: inside.names(),
    grants: inside.blockGrants(),
    node: [node.ino, node.ctimeMs],
  };
}

const WORDS: Readonly<Record<string, string>> = {
  sender: 'not sent by the kernel',
  unverified: 'could not be identified as udevd',
  injected: 'put through the kernel by a process',
  magic: "not in udev's format",
  short: 'cut short',
  name: 'a name that no device has',
  unicast: 'sent to hostler alone',
};

function multicast(group: number, message: Buffer): () => void {
  return () => forgeAll(['multicast', String(group)], message);
}

// The kernel gives a process's first netlink socket the process's number as its address.
function unicast({ agent }: Scene): void {
  forgeAll(['unicast', String(executorOf(agent.pid()))], kernelUevent(REMOVAL));
}

function forgeAll(words: readonly string[], input: Buffer): void {
  for (let i = 0; i < TIMES; i += 1) forge(words, input);
}

function forge(words: readonly string[], input: Buffer): void {
  execFileSync(fixture('forge'), words, { input });
}

/** Whose root may say anything to whoever listens on the host. */
function furnishForger(folder: string): void {
  copyFileSync(fixture('forge'), join(folder, 'rootfs/bin/forge'));
  const config = join(folder, 'config');
  writeFileSync(config, readFileSync(config, 'utf8').replace('lxc.net.0.type = empty', 'lxc.net.0.type = none'));
}

async function forgeAllIn(guest: SceneGuest, words: readonly string[], input: Buffer): Promise<void> {
  writeFileSync(join(guest.folder, 'rootfs/message'), input);
  const script = `for i in $(seq ${TIMES}); do forge "$@" < /message || exit; done`;
  await guest.attach('sh', '-c', script, 'sh', ...words);
}
