import { expect, test } from 'vitest';
import { createUdevDebt } from '../../src/agent/udev-debt.ts';

/** A clock that goes on when the test says so. */
function steppedClock() {
  let now = 0;
  let alarms: { readonly at: number; readonly call: () => void }[] = [];
  return {
    now: () => now,
    wake(at: number, call: () => void) {
      alarms.push({ at, call });
      return () => {};
    },
    pass(ms: number) {
      now += ms;
      const due = alarms.filter(({ at }) => at <= now);
      alarms = alarms.filter(({ at }) => at > now);
      for (const { call } of due) call();
    },
  };
}

function debtor() {
  const clock = steppedClock();
  let silences = 0;
  const debt = createUdevDebt(clock, () => {
    silences += 1;
  });
  return { clock, debt, silences: () => silences };
}

test('a udevd that owes a word and says nothing for ten seconds is silent, once', () => {
  const { clock, debt, silences } = debtor();
  debt.owe('/devices/a');
  clock.pass(4_000);
  debt.owe('/devices/b');
  clock.pass(5_999);
  expect(silences()).toBe(0);
  clock.pass(1);
  expect(silences()).toBe(1);
  clock.pass(60_000);
  expect(silences()).toBe(1);
});

test('a udevd that is busy with other devices is not silent, however long it takes', () => {
  const { clock, debt, silences } = debtor();
  debt.owe('/devices/a');
  for (let seconds = 0; seconds < 60; seconds += 1) {
    clock.pass(1_000);
    debt.heard();
  }
  expect(silences()).toBe(0);
  clock.pass(10_000);
  expect(silences()).toBe(1);
});

test('one that owes nothing may say nothing', () => {
  const { clock, debt, silences } = debtor();
  debt.owe('/devices/a');
  debt.settle('/devices/a');
  clock.pass(9_000);
  debt.owe('/devices/b');
  debt.replace(new Set());
  clock.pass(60_000);
  expect(silences()).toBe(0);
});

test('a new debt has its own ten seconds, whatever was said or not said before', () => {
  const { clock, debt, silences } = debtor();
  clock.pass(100_000);
  debt.replace(new Set(['/devices/a']));
  clock.pass(9_999);
  expect(silences()).toBe(0);
  clock.pass(1);
  expect(silences()).toBe(1);
});

test('a debt does not grow younger because everything is looked at again and again', () => {
  const { clock, debt, silences } = debtor();
  debt.owe('/devices/a');
  for (let seconds = 0; seconds < 10; seconds += 1) {
    expect(silences()).toBe(0);
    clock.pass(1_000);
    debt.replace(new Set(debt.isOwed('/devices/a') ? ['/devices/a'] : []));
  }
  expect(silences()).toBe(1);
});
