import { expect, test } from 'vitest';
import type { AgentControl, EventView, GuestChoice, StartWish, StopWish } from '../../src/ports/agent.ts';
import { scan1 } from '../control/agent-value.ts';
import { askAgent } from './served.ts';

const event = (number: number, guest: string, action: string, kind: EventView['kind'] = 'start'): EventView => ({
  number,
  time: '2026-03-01T11:00:00.000Z',
  kind,
  severity: 'info',
  guest,
  action,
  says: `${guest}: ${action}`,
});

/** An agent to which this happens after a start was asked for: scan1 waits for web1. */
function agentWith(...events: readonly EventView[]) {
  const asked: (readonly [string, GuestChoice, StartWish | StopWish])[] = [];
  const answer = (what: string) => (choice: GuestChoice, wish: StartWish | StopWish) => {
    asked.push([what, choice, wish]);
    return ['scan1', 'web1'].map((guest) => ({ guest, after: 10 }));
  };
  const agent: Partial<AgentControl> = {
    start: answer('start'),
    restart: answer('restart'),
    events: (after) => events.filter(({ number }) => number > after),
  };
  return { asked, agent };
}

test('start shows how its guests and those that they wait for get on until all are ready, and nothing of others', async () => {
  const { agent, asked } = agentWith(
    event(9, 'scan1', 'failed'),
    event(11, 'web1', 'starting'),
    event(12, 'other', 'failed'),
    event(13, 'web1', 'ready'),
    event(14, 'scan1', 'starting'),
    event(15, 'scan1', 'ready'),
  );
  const { code, out } = await askAgent(['start', 'scan1', '--timeout', '7'], agent);
  expect([code, out]).toEqual([0, 'web1: starting\nweb1: ready\nscan1: starting\nscan1: ready\n']);
  expect(asked).toEqual([['start', { guests: ['scan1'] }, { timeoutMs: 7000 }]]);
});

test.each(['late', 'held', 'failed', 'withdrawn'])('start ends with 1 when one of them is %s', async (end) => {
  const { agent } = agentWith(event(11, 'web1', end), event(12, 'scan1', 'ready'));
  expect((await askAgent(['start', 'scan1'], agent)).code).toBe(1);
});

test('start goes on with one that was held when the other is ready after all', async () => {
  const { agent } = agentWith(
    event(11, 'scan1', 'held'),
    event(12, 'scan1', 'waiting'),
    event(13, 'web1', 'ready'),
    event(14, 'scan1', 'ready'),
  );
  expect((await askAgent(['start', 'scan1'], agent)).code).toBe(0);
});

test('restart shows the stop as well', async () => {
  const { agent, asked } = agentWith(
    event(11, 'scan1', 'halt', 'stop'),
    event(12, 'web1', 'ready'),
    event(13, 'scan1', 'ready'),
  );
  const { code, out } = await askAgent(['restart', 'scan1', '--kill'], agent);
  expect([code, out]).toEqual([0, 'scan1: halt\nweb1: ready\nscan1: ready\n']);
  expect(asked).toEqual([['restart', { guests: ['scan1'] }, { kill: true }]]);
});

test.each([
  ['restart', [], 1],
  ['restart', ['--kill'], 0],
  ['start', [], 0],
] as const)('%s %j of a guest that was killed before ends with %i', async (command, options, code) => {
  const killed = { ...event(11, 'scan1', 'stopped', 'stop'), severity: 'warning' } as const;
  const { agent } = agentWith(killed, event(12, 'web1', 'ready'), event(13, 'scan1', 'ready'));
  expect((await askAgent([command, 'scan1', ...options], agent)).code).toBe(code);
});

test.each([
  [['--all'], { mark: undefined }],
  [['--mark', 'edge'], { mark: 'edge' }],
])('start %j asks for those', async (words, choice) => {
  const { agent, asked } = agentWith(event(11, 'web1', 'ready'), event(12, 'scan1', 'ready'));
  expect((await askAgent(['start', ...words], agent)).code).toBe(0);
  expect(asked).toEqual([['start', choice, {}]]);
});

test.each(['start', 'stop', 'restart'])('%s of a mark that nobody has is refused', async (command) => {
  const { agent, asked } = agentWith();
  expect(await askAgent([command, '--mark', 'none'], agent)).toMatchObject({
    code: 4,
    err: expect.stringMatching(/^hostler: E_NO_MARK none: no guest has this mark; /),
  });
  expect(asked).toEqual([]);
});

test.each([
  [['start']],
  [['start', '--all', '--mark', 'm']],
  [['restart', '--all', 'scan1']],
  [['start', 'scan1', '-t', '0']],
  [['restart', 'scan1', '-k', '-t', '5']],
])('%j is wrong usage', async (words) => {
  expect((await askAgent(words, agentWith().agent)).code).toBe(2);
});

test.each(['nobody', 'scan1,web1'])('start of %s, whom there is not, is refused', async (name) => {
  expect((await askAgent(['start', 'scan1', name], agentWith().agent)).code).toBe(4);
});

test.each(['start', 'restart'])('%s means the guest that it names, whatever that is called', async (command) => {
  const asked: GuestChoice[] = [];
  const begin = (choice: GuestChoice) => {
    asked.push(choice);
    return [];
  };
  const guest = (name: string) => (name === 'ru,x' || name === 'a%2Cb' ? scan1 : undefined);
  await askAgent([command, 'ru,x', 'a%2Cb'], { guest, start: begin, restart: begin });
  expect(asked).toEqual([{ guests: ['ru,x', 'a%2Cb'] }]);
});
