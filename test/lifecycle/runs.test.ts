import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withEnd, withoutRun, withRun } from '../../src/lifecycle/runs.ts';
import { type GuestHistory, NO_HISTORY } from '../../src/model/guest-history.ts';
import { law } from '../devices/law.ts';

const run = fc.record({
  instance: fc.constantFrom('7:1', '7:2', '8:1'),
  bootId: fc.constantFrom('boot1', 'boot2'),
});
const steps = fc.array(
  fc.oneof(
    run.map((found) => (history: GuestHistory, at: number) => withRun(history, found, at)),
    fc
      .constantFrom('boot1', 'boot2')
      .map((boot) => (history: GuestHistory, at: number) => withoutRun(history, boot, at)),
    fc
      .constantFrom('stopped' as const, 'rebooted' as const, 'by-itself' as const)
      .map((why) => (history: GuestHistory, at: number) => withEnd(history, why, at)),
  ),
  { maxLength: 12 },
);

function after(changes: readonly ((history: GuestHistory, at: number) => GuestHistory)[]): GuestHistory {
  return changes.reduce((history, change, at) => change(history, at), NO_HISTORY);
}

law('whoever finds twice what there is changes nothing the second time', fc.tuple(steps, run), ([before, found]) => {
  const once = withRun(after(before), found, 100);
  expect(withRun(once, found, 200)).toBe(once);
  const ended = withoutRun(once, found.bootId, 300);
  expect(withoutRun(ended, found.bootId, 400)).toBe(ended);
});

law(
  'only a host that died while it ran leaves it unclean, and only a stop ends that',
  fc.tuple(steps, run),
  ([before, found]) => {
    const history = after(before);
    const next = withRun(history, found, 100);
    const died = history.run !== undefined && history.run.bootId !== found.bootId;
    expect(next.isUnclean === true).toBe(died || history.isUnclean === true);
    expect(withEnd(next, 'by-itself', 101).isUnclean).toBe(next.isUnclean);
    expect(withEnd(next, 'stopped', 101).isUnclean).toBeUndefined();
  },
);

test('nothing is known of the end of one that never ran', () => {
  expect(withoutRun(NO_HISTORY, 'boot1', 7)).toBe(NO_HISTORY);
});
