import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Channel, Request } from '../../src/linux/channel.ts';
import { claimGuests } from '../../src/linux/claim-guests.ts';
import { failureText } from '../../src/model/failure.ts';
import type { Failed } from '../../src/ports/executor.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Refuses so often, and then no more. */
function channel(times: number, failed: Failed) {
  const asked: Request[] = [];
  const line: Channel = {
    pid: 1,
    async request(...request) {
      asked.push(request);
      return asked.length <= times ? { ok: false, failed } : { ok: true, value: { rows: [], words: [] } };
    },
    requests: async () => [],
    close: async () => {},
  };
  return { line, asked };
}

const CLAIMED = { errno: 'EBUSY', call: 'claimed', subject: '4242' };

test('guests that nobody governs are claimed by their folder', async () => {
  const { line, asked } = channel(0, CLAIMED);
  expect(await claimGuests(line, '/var/lib/lxc')).toBeUndefined();
  expect(asked).toEqual([['claim-folder', '/var/lib/lxc']]);
});

test('those of another agent are refused with its process, after a moment in which it may be on its way out', async () => {
  const { line, asked } = channel(Number.POSITIVE_INFINITY, CLAIMED);
  const refused = claimGuests(line, '/var/lib/lxc');
  await vi.advanceTimersByTimeAsync(3000);
  const refusal = await refused;
  expect(refusal && failureText(refusal)).toBe(
    'E_CLAIMED /var/lib/lxc: another agent of this host governs it: process 4242; stop that agent, or let each have guests of its own: another lxcPath, other rules and policies',
  );
  expect(asked).toHaveLength(20);
});

test('those of an agent that was killed are free when its executor has ended', async () => {
  const { line } = channel(3, { ...CLAIMED, subject: '0' });
  const refused = claimGuests(line, '/var/lib/lxc');
  await vi.advanceTimersByTimeAsync(300);
  expect(await refused).toBeUndefined();
});

test('a folder that is not there has no guests, and an executor that ended tells so itself', async () => {
  for (const failed of [
    { errno: 'ENOENT', call: 'open', subject: '/var/lib/lxc' },
    { errno: 'EPIPE', call: 'executor', subject: '' },
  ])
    expect(await claimGuests(channel(1, failed).line, '/var/lib/lxc')).toBeUndefined();
});

test('where nobody can say whose they are, the file is named that would', async () => {
  const { line } = channel(1, { errno: 'EROFS', call: 'claim', subject: '/run/hostler.lock' });
  expect(await claimGuests(line, '/srv')).toEqual({
    code: 'E_RUN_FOLDER',
    subject: '/run/hostler.lock',
    detail: 'EROFS',
  });
});
