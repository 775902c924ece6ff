import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { AgentControl, EventView, StopWish, UnderWayView } from '../../src/ports/agent.ts';
import { agentValue, scan1, status } from '../control/agent-value.ts';
import { serveBehindDoor } from '../control/front-door.ts';
import { ended, start, unread } from './hostler.ts';
import { askAgent, served } from './served.ts';

const event = (number: number, guest: string, action: string, says: string): EventView => ({
  number,
  time: '2026-03-01T11:00:00.000Z',
  kind: 'stop',
  severity: 'info',
  guest,
  action,
  says,
});

/** An agent to which this happens after a stop was asked for. */
function agentWith(...events: readonly EventView[]) {
  const wishes: (readonly [string, StopWish])[] = [];
  const agent: Partial<AgentControl> = {
    async stop(guest, wish) {
      wishes.push([guest, wish]);
      return { guest, state: guest === 'scan1' ? 'stopping' : 'stopped', after: 10 };
    },
    events: (after) => events.filter(({ number }) => number > after),
  };
  return { wishes, agent };
}

test('stop shows what becomes of its guests until they have ended, and nothing of others', async () => {
  const { agent, wishes } = agentWith(
    event(9, 'scan1', 'halt', 'scan1: long ago'),
    event(11, 'scan1', 'halt', 'scan1: asked to halt'),
    event(12, 'other', 'stopped', 'other: stopped'),
    event(13, 'scan1', 'stopped', 'scan1: stopped in 1.0 s'),
  );
  const { code, out } = await askAgent(['stop', 'scan1', '--timeout', '7'], agent);
  expect([code, out]).toEqual([0, 'scan1: asked to halt\nscan1: stopped in 1.0 s\n']);
  expect(wishes).toEqual([['scan1', { kill: false, timeoutMs: 7000 }]]);
});

test('stop ends with 1 when the kernel does not let a guest end', async () => {
  const { agent, wishes } = agentWith(event(11, 'scan1', 'wedged', 'scan1: was killed, and does not end'));
  expect((await askAgent(['stop', '--kill', 'scan1'], agent)).code).toBe(1);
  expect(wishes).toEqual([['scan1', { kill: true }]]);
});

const badly = (number: number, guest: string): EventView => ({
  ...event(number, guest, 'stopped', `${guest}: stopped in 8.0 s, killed`),
  severity: 'warning',
});

test.each([
  [[], 1],
  [['--timeout', '8'], 1],
  [['--kill'], 0],
])('stop %j of a guest that was killed, or not made ready to halt, ends with %i', async (options, code) => {
  const { agent } = agentWith(event(11, 'scan1', 'kill', 'scan1: killed'), badly(12, 'scan1'));
  expect(await askAgent(['stop', 'scan1', ...options], agent)).toMatchObject({ code, err: '' });
});

test('stop whose output nobody reads any more waits for its guests, and ends with what became of them', async () => {
  const { agent } = agentWith(event(11, 'scan1', 'halt', 'scan1: asked to halt'), badly(12, 'scan1'));
  const end = await unread(['stop', 'scan1', '--socket', await served(agent)]);
  expect(end).toEqual({ code: 1, out: '', err: '' });
});

test('stop of a guest that does not run is done', async () => {
  const { agent } = agentWith();
  const stop: AgentControl['stop'] = async (guest) => ({ guest, state: 'stopped', endedBadly: true, after: 10 });
  for (const how of [agent, { ...agent, stop }])
    expect(await askAgent(['stop', 'web1'], how)).toEqual({ code: 0, out: '', err: 'web1: does not run\n' });
});

test.each(['0', '3601', 'soon', '1.5'])('stop --timeout %s is refused', async (seconds) => {
  const { code, err } = await askAgent(['stop', 'scan1', '--timeout', seconds], agentWith().agent);
  expect([code, err]).toEqual([2, expect.stringContaining('is no number of seconds from 1 to 3600')]);
});

test('stop of nobody is refused', async () => {
  expect((await askAgent(['stop', 'nobody'], agentWith().agent)).code).toBe(4);
});

test('stop of several stops none of them where one is not there', async () => {
  const { agent, wishes } = agentWith();
  expect(await askAgent(['stop', 'scan1', 'nobody'], agent)).toMatchObject({
    code: 4,
    err: expect.stringContaining('E_NO_GUEST nobody'),
  });
  expect(wishes).toEqual([]);
});

test.each([
  [['stop'], 'GUEST is missing, or --all or --mark'],
  [['stop', '--all', 'scan1'], 'either GUEST is wanted, or --all or --mark'],
  [['stop', '--all', '--mark', 'db'], 'either --all or --mark is wanted'],
  [['stop', 'scan1', '--kill', '--timeout', '5'], 'either --timeout or --kill is wanted'],
])('%s is refused', async (words, why) => {
  const { code, err } = await askAgent(words, agentWith().agent);
  expect([code, err]).toEqual([2, expect.stringContaining(why)]);
});

test('stop --mark begins with those of the mark, and ends with 1 when one of them was killed before and does not end', async () => {
  const asked: unknown[] = [];
  const { agent } = agentWith(event(11, 'db1', 'stopped', 'db1: stopped in 1.0 s'));
  const { code, out } = await askAgent(['stop', '--mark', 'db', '--timeout', '9'], {
    ...agent,
    async stopTogether(choice, wish) {
      asked.push([choice, wish]);
      return [
        { guest: 'db1', state: 'stopping', after: 10 },
        { guest: 'db2', state: 'wedged', after: 10 },
      ];
    },
  });
  expect(asked).toEqual([[{ mark: 'db' }, { kill: false, timeoutMs: 9000 }]]);
  expect([code, out]).toEqual([1, 'db1: stopped in 1.0 s\n']);
});

test.each([
  [['--all'], 'no guest runs\n'],
  [['--mark', 'db'], 'no guest with the mark db runs\n'],
])('stop %j where none of them runs says so, and is done', async (which, err) => {
  const agent = { ...agentWith().agent, stopTogether: async () => [] };
  expect(await askAgent(['stop', ...which], agent)).toEqual({ code: 0, out: '', err });
});

const underWay = (guest: string, view: Partial<UnderWayView>): UnderWayView => {
  return { guest, start: 'withdrawn', stop: 'stopping', after: 10, ...view };
};

test('stop goes on with the next agent when one ends, which is asked for nothing', async () => {
  const first = await serveBehindDoor(agentValue(agentWith(event(11, 'scan1', 'halt', 'scan1: asked')).agent));
  const command = start(['stop', 'scan1', '--socket', first.door]);
  const end = ended(command);
  await once(command.stdout ?? command, 'data');
  await first.close();
  const { agent, wishes } = agentWith(event(12, 'scan1', 'stopped', 'scan1: stopped in 2.0 s'));
  const views = [underWay('web1', {}), underWay('scan1', { start: 'waiting' })];
  const second = await serveBehindDoor(agentValue({ ...agent, underWay: () => views }), { door: first.door });
  expect(await end).toMatchObject({ code: 0, out: 'scan1: asked\nscan1: stopped in 2.0 s\n' });
  expect(wishes).toEqual([]);
  await second.close();
});

test.each([
  ['is over', { stop: 'stopped' }, 0, 'info', 'has ended'],
  ['is over where it is started again', { stop: 'stopped', start: 'starting' }, 0, 'info', 'has ended'],
  ['ends with 1 where it was killed', { stop: 'stopped', endedBadly: true }, 1, 'warning', 'has ended'],
  ['ends with 1 where it does not end', { stop: 'wedged' }, 1, 'error', 'was killed, and does not end'],
  ['ends with 1 where it runs', { stop: 'withdrawn' }, 1, 'warning', 'runs, and nobody stops it any more'],
] as const)('what was over while there was no agent %s', async (_, how, code, severity, says) => {
  const first = await serveBehindDoor(agentValue(agentWith(event(11, 'scan1', 'halt', 'scan1: asked')).agent));
  const commands = [[], ['--json']].map((words) => start(['stop', 'scan1', ...words, '--socket', first.door]));
  const ends = commands.map(ended);
  await Promise.all(commands.map((command) => once(command.stdout ?? command, 'data')));
  await first.close();
  const views = [underWay('scan1', { after: 0, ...how })];
  const second = await serveBehindDoor(agentValue({ underWay: () => views }), { door: first.door });
  const [forPeople, forPrograms] = await Promise.all(ends);
  expect(forPeople).toMatchObject({ code, out: `scan1: asked\nscan1: ${says}\n` });
  const [asked, over, ...more] = (forPrograms?.out ?? '')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const shape = { time: expect.any(String), kind: 'stop', severity, guest: 'scan1' };
  expect(over).toEqual({ ...shape, number: 0, action: how.stop, says: `scan1: ${says}` });
  expect([Object.keys(over).sort(), more]).toEqual([Object.keys(asked).sort(), []]);
  await second.close();
});

test('stop --all goes on with the next agent with those alone that it waits for, and ends with 1 where one was killed meanwhile', async () => {
  const waiting = ['scan1', 'web1', 'gone1', 'job1', 'job2'];
  const first = await serveBehindDoor(
    agentValue({
      ...agentWith(event(11, 'scan1', 'halt', 'scan1: asked')).agent,
      stopTogether: async () => waiting.map((name) => ({ guest: name, state: 'stopping', after: 10 })),
    }),
  );
  const command = start(['stop', '--all', '--timeout', '9', '--socket', first.door]);
  const end = ended(command);
  await once(command.stdout ?? command, 'data');
  await first.close();
  const asked: unknown[] = [];
  const second = await serveBehindDoor(
    agentValue({
      ...agentWith(event(12, 'scan1', 'stopped', 'scan1: stopped in 2.0 s')).agent,
      async stopTogether(choice) {
        asked.push(choice);
        return [];
      },
      underWay: () => [
        underWay('other', {}),
        underWay('scan1', {}),
        ...waiting.slice(3).map((name) => underWay(name, { stop: 'stopped' })),
        underWay('web1', { stop: 'stopped', endedBadly: true }),
      ],
    }),
    { door: first.door },
  );
  const { code, out } = await end;
  expect(asked).toEqual([]);
  expect([code, out.split('\n').filter((line) => !line.startsWith('job'))]).toEqual([
    1,
    ['scan1: asked', 'web1: has ended', 'gone1: has ended', 'scan1: stopped in 2.0 s', ''],
  ]);
  await second.close();
});

test('stop means the guests that it names, whatever they are called', async () => {
  const asked: string[][] = [];
  const guest = (name: string) => (name === 'ru,x' || name === 'ru odd' ? scan1 : undefined);
  const stop: AgentControl['stop'] = async (name) => {
    asked.push([name]);
    return { guest: name, state: 'stopped', after: 10 };
  };
  const stopTogether: AgentControl['stopTogether'] = async (choice) => {
    asked.push('guests' in choice ? [...choice.guests] : []);
    return [];
  };
  const wedged: AgentControl['stop'] = async (name) => ({ guest: name, state: 'wedged', after: 10 });
  expect((await askAgent(['stop', 'ru,x'], { guest, stop })).code).toBe(0);
  await askAgent(['stop', 'ru,x', 'ru odd'], { guest, stopTogether });
  expect(asked).toEqual([['ru,x'], ['ru,x', 'ru odd']]);
  expect((await askAgent(['stop', 'ru odd'], { guest, stop: wedged })).err).toContain("hostler show 'ru odd' says");
});

test('stop --all ends with 1 where nobody can say the name of a guest, and tells of it', async () => {
  const nameless = { code: 'E_GUEST_NAME', subject: String.raw`/var/lib/lxc/bad\xff`, detail: 'is not UTF-8' } as const;
  const agent = { status: () => ({ ...status, warnings: [nameless] }) };
  const { code, err } = await askAgent(['stop', '--all'], agent);
  expect([code, err]).toEqual([
    1,
    expect.stringContaining(String.raw`E_GUEST_NAME /var/lib/lxc/bad\xff: nothing is done`),
  ]);
  expect((await askAgent(['stop', '--mark', 'db'], agent)).code).toBe(0);
  expect((await askAgent(['stop', '--all'])).code).toBe(0);
});
