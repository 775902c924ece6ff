import { expect, test } from 'vitest';
import type { AgentControl, EventView, StopWish } from '../../src/ports/agent.ts';
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
    stop(guest, wish) {
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
