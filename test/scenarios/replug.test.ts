import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { type GuestView, guestView } from './guest-view.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { createLxcGuest, type LxcGuest } from './lxc-guest.ts';
import { onTestHost } from './namespace.ts';
import { createTestAgent, type TestAgent } from './test-agent.ts';
import { startUdevd, type Udevd } from './udevd.ts';

const TIMES = 200;
const REMEMBERED = 20;
const FIRST = 100;
const RULES = `
- rule: scanner
  match: { subsystem: block, sysname: "loop1??" }
  guest: replug
  node: { group: scanner }
  links: [/dev/scanners/front]
- rule: scanner-2
  match: { subsystem: block, sysname: "loop2??" }
  guest: replug
  node: { group: scanner }
  links: [/dev/scanners/front]
`;

describe.skipIf(!onTestHost).each([
  { kind: 'privileged', firstId: undefined },
  { kind: 'unprivileged', firstId: 100_000 },
])('a device that comes back under another number, in a $kind guest', ({ firstId }) => {
  let udevd: Udevd;
  let agent: TestAgent;
  let guest: LxcGuest;
  let inside: GuestView;

  beforeAll(async () => {
    udevd = await startUdevd();
    agent = createTestAgent();
    agent.rules(RULES);
    const environment = { ...process.env, HOSTLER_HOOK_SOCKET: agent.hookSocket };
    guest = createLxcGuest({ name: 'replug', lxcPath: agent.lxcPath, environment, ...(firstId && { firstId }) });
    await agent.start();
    await guest.start();
    inside = guestView(await guest.initPid(), firstId);
  });
  afterAll(async () => {
    await guest?.destroy();
    await agent?.destroy();
    await udevd?.stop();
  });

  test(`is there ${TIMES} times with the new number only, usable, and leaves nothing`, async () => {
    for (let number = FIRST; number < FIRST + TIMES; number += 1) {
      plugLoop(number);
      await eventually(() => expect(inside.node(`/dev/loop${number}`)).toBe(`b:7:${number} 0660 0:107`));
      await eventually(() => expect(inside.names()).toEqual([`loop${number}`, 'scanners/', 'scanners/front']));
      expect(inside.link('/dev/scanners/front')).toBe(`/dev/loop${number}`);
      expect(inside.blockGrants()).toEqual([`b 7:${number} rw`]);
      await guest.attach('dd', `if=/dev/loop${number}`, 'count=0');
      expect(openFromCgroup(await guest.initPid(), '/dev/loop0')).toContain('Operation not permitted');

      unplugLoop(number);
      await eventually(() => expect(inside.names()).toEqual([]));
      expect(inside.blockGrants()).toEqual([]);
    }
  }, 600_000);

  test(`keeps over ${REMEMBERED} replugs the owner and mode that somebody in the guest last gave it, and the group that the rule states`, async () => {
    plugLoop(FIRST);
    await eventually(() => expect(inside.node(`/dev/loop${FIRST}`)).toBe(`b:7:${FIRST} 0660 0:107`));
    await guest.attach('chown', '106', `/dev/loop${FIRST}`);
    await guest.attach('chmod', '0640', `/dev/loop${FIRST}`);
    await eventually(async () =>
      expect((await agent.guest('replug')).nodes[0]?.ownership).toEqual({ mode: 0o640, uid: 106, gid: 107 }),
    );
    for (let number = FIRST; number < FIRST + REMEMBERED; number += 1) {
      unplugLoop(number);
      await eventually(() => expect(inside.names()).toEqual([]));
      plugLoop(number + 1);
      await eventually(() => expect(inside.node(`/dev/loop${number + 1}`)).toBe(`b:7:${number + 1} 0640 106:107`));
    }
    const last = `/dev/loop${FIRST + REMEMBERED}`;
    await guest.attach('chown', '0:0', last);
    await eventually(() => expect(inside.node(last)).toBe(`b:7:${FIRST + REMEMBERED} 0640 0:107`));
    unplugLoop(FIRST + REMEMBERED);
    await eventually(() => expect(inside.names()).toEqual([]));
  });
});

/** What a process in the guest's devices cgroup hears when it opens a node of the host. */
function openFromCgroup(initPid: number, node: string): string {
  const script = `cgroup=$(sed -n 's/.*:devices://p' /proc/${initPid}/cgroup); echo $$ > /sys/fs/cgroup/devices$cgroup/cgroup.procs; exec dd if=${node} count=0 2>&1`;
  try {
    return execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}
