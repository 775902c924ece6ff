import { expect, test } from 'vitest';
import { withEvidence } from '../../src/lifecycle/last-evidence.ts';
import { beginStop } from '../../src/lifecycle/stop.ts';
import { NO_HISTORY } from '../../src/model/guest-history.ts';
import type { StopState } from '../../src/model/stop.ts';

const OF = { pid: 100, startTime: '4711', cgroup: '/lxc.payload.web1' };
const settings = { timeoutMs: 60_000, before: [] };
const NFSD = { pid: 7, startTime: '70', command: 'nfsd', state: 'D', waitsIn: 'rpc_wait', call: '1', cgroup: '/' };
const BEGUN: StopState = {
  ...beginStop({ of: OF, cgroupId: '1:2', bootId: 'b', settings, now: 0 }),
  phase: 'stopped',
  blockers: [NFSD],
  blockerCount: 500,
};
const kills = { count: 1, at: 60_000 };

test('who was killed is kept, with how many they were', () => {
  const evidence = { at: 9, why: 'killed', count: 500, processes: [NFSD] };
  expect(withEvidence(NO_HISTORY, { ...BEGUN, kills }, 9)).toEqual({ ...NO_HISTORY, evidence });
});

test.each([
  ['wedged', { kills, phase: 'wedged' }],
  ['left', { kills, isLeft: true }],
] as const)('and whether they were %s', (why, change) => {
  expect(withEvidence(NO_HISTORY, { ...BEGUN, ...change }, 9).evidence?.why).toBe(why);
});

test('a stop that had nobody to end leaves what is known of an earlier one', () => {
  const known = withEvidence(NO_HISTORY, { ...BEGUN, kills }, 9);
  expect(withEvidence(known, BEGUN, 10)).toBe(known);
  expect(withEvidence(known, { ...BEGUN, isLeft: true, blockers: [], blockerCount: 0 }, 10)).toBe(known);
});
