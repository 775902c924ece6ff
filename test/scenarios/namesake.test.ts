import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { guestView } from './guest-view.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { createLxcGuest, type LxcGuest } from './lxc-guest.ts';
import { onTestHost } from './namespace.ts';
import { createTestAgent, type TestAgent } from './test-agent.ts';

const RULE = `- rule: scanner\n  match: { subsystem: block, sysname: loop2200 }\n  guest: namesake\n`;

describe.skipIf(!onTestHost)('two guests of one name in two folders', () => {
  let agent: TestAgent;
  let elsewhere: TestAgent;
  let ours: LxcGuest;
  let theirs: LxcGuest;
  beforeAll(async () => {
    agent = createTestAgent();
    elsewhere = createTestAgent(); // never started: only its folder of guests is wanted
    ours = createLxcGuest({ name: 'namesake', lxcPath: agent.lxcPath });
    theirs = createLxcGuest({ name: 'namesake', lxcPath: elsewhere.lxcPath });
    agent.rules(RULE);
    await theirs.start();
    await agent.start();
    plugLoop(2200);
  });
  afterAll(async () => {
    unplugLoop(2200);
    for (const guest of [ours, theirs]) await guest?.destroy();
    for (const one of [agent, elsewhere]) await one?.destroy();
  });

  test('a device goes to the one that the agent looks after, and never to its namesake', async () => {
    expect((await agent.guest('namesake')).state).toBe('stopped');
    await ours.start();
    await eventually(async () => expect((await agent.guest('namesake')).nodes).toHaveLength(1));
    expect(guestView(await ours.initPid()).names()).toEqual(['loop2200']);
    expect(guestView(await theirs.initPid()).names()).toEqual([]);
  });
});
