import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RuleVerdict } from '../../src/ports/agent.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { createLxcGuest, type LxcGuest } from './lxc-guest.ts';
import { onTestHost } from './namespace.ts';
import { createTestAgent, type TestAgent } from './test-agent.ts';

const NODE = '/dev/loop2300';
const MATCH = 'match: { subsystem: block, sysname: loop2300 }';
const RULES = `
- { rule: nobody-knows, guest: why1, ${MATCH}, node: { path: /dev/a, group: nobody-knows } }
- { rule: in-the-way, guest: why1, ${MATCH}, node: { path: /dev/b } }
- { rule: shared, guest: "why*", ${MATCH}, node: { path: /dev/c } }
- { rule: too-late, guest: why2, ${MATCH}, node: { path: /dev/d } }
- { rule: group, guest: why2, match: { subsystem: mem, sysname: "null" } }
`;

describe.skipIf(!onTestHost)('why', () => {
  let agent: TestAgent;
  const guests: LxcGuest[] = [];
  beforeAll(async () => {
    agent = createTestAgent();
    for (const name of ['why1', 'why2']) guests.push(createLxcGuest({ name, lxcPath: agent.lxcPath }));
    plugLoop(2300);
    await agent.start();
  });
  afterAll(async () => {
    for (const guest of guests) await guest.destroy();
    await agent?.destroy();
    unplugLoop(2300);
  });

  test('without any rule every device of the host is there to write one for', async () => {
    const nodes = (await agent.devices()).map(({ node }) => node);
    expect(nodes).toEqual(expect.arrayContaining(['/dev/null', NODE]));
    expect((await agent.why('/dev/null')).rules).toEqual([]);
  });

  test('a rule that matches and gives nothing says why, and no other rule says it', async () => {
    for (const guest of guests) await guest.start();
    await guests[0]?.attach('touch', '/dev/b');
    agent.rules(RULES);
    await eventually(async () => {
      const { rules } = await agent.why(NODE);
      expect(Object.fromEntries(rules.map((rule) => [rule.rule, reason(rule)]))).toEqual({
        'nobody-knows': 'E_NAME_UNKNOWN why1:/dev/a',
        'in-the-way': 'E_NODE_FOREIGN why1:/dev/b',
        shared: 'given',
        'too-late': 'E_CONFLICT rule too-late',
        group: 'subsystem',
      });
    });
    expect((await agent.why('/dev/null')).rules.at(-1)).not.toHaveProperty('refusal');
  });
});

function reason({ failed, refusal }: RuleVerdict): string {
  if (failed) return failed.key;
  return refusal ? `${refusal.code} ${refusal.subject}` : 'given';
}
