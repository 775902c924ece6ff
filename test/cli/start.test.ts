import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { AgentControl, EventView, GuestChoice, StartWish, StopWish, UnderWayView } from '../../src/ports/agent.ts';
import { agentValue, scan1 } from '../control/agent-value.ts';
import { serveBehindDoor } from '../control/front-door.ts';
import { ended, start } from './hostler.ts';
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

/** The agent ends when the command has shown `told`; the next one is this. */
async function withNextAgent(words: readonly string[], told: readonly EventView[], next: Partial<AgentControl>) {
  const first = await serveBehindDoor(agentValue(agentWith(...told).agent));
  const command = start([...words, '--socket', first.door]);
  const end = ended(command);
  let shown = '';
  while (shown.split('\n').length <= told.length) shown += (await once(command.stdout ?? command, 'data'))[0];
  await first.close();
  const { agent, asked } = agentWith();
  const second = await serveBehindDoor(agentValue({ ...agent, ...next }), { door: first.door });
  const { code, out } = await end;
  await second.close();
  return { code, out: out.slice(shown.length), asked };
}

const underWay = (...starts: readonly (readonly [string, UnderWayView['start']])[]) => ({
  underWay: () => starts.map(([guest, start]) => ({ guest, start, stop: 'stopped', after: 3 }) as const),
});

test.each(['start', 'restart'])('%s goes on with the next agent, which is asked for nothing', async (command) => {
  const ready = [event(3, 'scan1', 'starting'), event(4, 'other', 'ready'), event(5, 'scan1', 'ready')];
  const { code, out, asked } = await withNextAgent([command, '--all'], [event(11, 'web1', 'ready')], {
    ...underWay(['web1', 'withdrawn'], ['scan1', 'waiting'], ['other', 'starting']),
    events: (after) => ready.filter(({ number }) => number > after),
  });
  expect([code, out, asked]).toEqual([0, 'scan1: ready\n', []]);
});

test.each([
  ['ready', 'is ready', 0],
  ['late', 'is late', 1],
  ['held', 'is held', 1],
  ['failed', 'could not be started', 1],
  ['withdrawn', 'is not started any more', 1],
] as const)('a start that was %s while there was no agent is told as such', async (how, says, code) => {
  const ready = event(11, 'web1', 'ready');
  const next = underWay(['web1', 'ready'], ['scan1', how]);
  expect(await withNextAgent(['start', 'scan1'], [ready], next)).toMatchObject({ code, out: `scan1: ${says}\n` });
});

test('one that is not on the host any more when there is an agent again is not waited for', async () => {
  const next = underWay(['web1', 'ready']);
  const end = await withNextAgent(['start', 'scan1'], [event(11, 'web1', 'ready')], next);
  expect(end).toMatchObject({ code: 1, out: 'scan1: is not started any more\n' });
});

test.each([
  ['late', 0, 'web1: is ready\nscan1: is ready\n'],
  ['failed', 1, 'scan1: is ready\n'],
] as const)(
  'one that was %s, and is ready when there is another agent, ends a start with %i',
  async (how, code, out) => {
    const next = underWay(['web1', 'ready'], ['scan1', 'ready']);
    const end = await withNextAgent(['start', 'scan1'], [event(11, 'web1', how)], next);
    expect([end.code, end.out.split('\n').sort()]).toEqual([code, out.split('\n').sort()]);
  },
);
