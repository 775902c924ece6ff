import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { AgentControl, EventView, StopWish } from '../../src/ports/agent.ts';
import { agentValue } from '../control/agent-value.ts';
import { serveBehindDoor } from '../control/front-door.ts';
import { ended, start } from './hostler.ts';
import { askAgent } from './served.ts';

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

test('stop of a guest that does not run is done', async () => {
  const { agent } = agentWith();
  expect(await askAgent(['stop', 'web1'], agent)).toEqual({ code: 0, out: '', err: 'web1: does not run\n' });
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
])('%s is refused', async (words, why) => {
  const { code, err } = await askAgent(words, agentWith().agent);
  expect([code, err]).toEqual([2, expect.stringContaining(why)]);
});

test('stop --mark begins with those of the mark, and ends with 1 when one of them was killed before and does not end', async () => {
  const asked: unknown[] = [];
  const { agent } = agentWith(event(11, 'db1', 'stopped', 'db1: stopped in 1.0 s'));
  const { code, out } = await askAgent(['stop', '--mark', 'db', '--timeout', '9'], {
    ...agent,
    stopAll(mark, wish) {
      asked.push([mark, wish]);
      return [
        { guest: 'db1', state: 'stopping', after: 10 },
        { guest: 'db2', state: 'wedged', after: 10 },
      ];
    },
  });
  expect(asked).toEqual([['db', { kill: false, timeoutMs: 9000 }]]);
  expect([code, out]).toEqual([1, 'db1: stopped in 1.0 s\n']);
});

test('stop goes on with the next agent when one ends', async () => {
  const first = await serveBehindDoor(agentValue(agentWith(event(11, 'scan1', 'halt', 'scan1: asked')).agent));
  const command = start(['stop', 'scan1', '--socket', first.door]);
  const end = ended(command);
  await once(command.stdout ?? command, 'data');
  await first.close();
  const { agent, wishes } = agentWith(event(12, 'scan1', 'stopped', 'scan1: stopped in 2.0 s'));
  const second = await serveBehindDoor(agentValue(agent), { door: first.door });
  expect(await end).toMatchObject({ code: 0, out: 'scan1: asked\nscan1: stopped in 2.0 s\n' });
  expect(wishes).toEqual([['scan1', { kill: false }]]);
  await second.close();
});

test('what has ended while there was no agent is over', async () => {
  const first = await serveBehindDoor(agentValue(agentWith(event(11, 'scan1', 'halt', 'scan1: asked')).agent));
  const command = start(['stop', 'scan1', '--socket', first.door]);
  const end = ended(command);
  await once(command.stdout ?? command, 'data');
  await first.close();
  const stop: AgentControl['stop'] = async (guest) => ({ guest, state: 'stopped', after: 0 });
  const second = await serveBehindDoor(agentValue({ stop }), { door: first.door });
  expect(await end).toMatchObject({ code: 0, out: 'scan1: asked\nscan1: has ended\n' });
  await second.close();
});
