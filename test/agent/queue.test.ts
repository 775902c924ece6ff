import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createQueue } from '../../src/agent/queue.ts';

/** A clock whose wake-ups the test rings itself. */
function handClock() {
  const alarms: { at: number; call: () => void }[] = [];
  return {
    alarms,
    wake(at: number, call: () => void) {
      const alarm = { at, call };
      alarms.push(alarm);
      return () => void alarms.splice(alarms.indexOf(alarm), 1);
    },
  };
}

test('a guest that is added many times before its pass is passed over once', async () => {
  const passes: string[] = [];
  const queue = createQueue(async (guest) => void passes.push(guest), handClock());
  for (let time = 0; time < 100; time += 1) queue.add('web1');
  await queue.idle();
  expect(passes).toEqual(['web1']);
});

test('what happens during a pass leads to exactly one more, never to two at a time', async () => {
  let running = 0;
  let passes = 0;
  const queue = createQueue(async () => {
    running += 1;
    passes += 1;
    expect(running).toBe(1);
    if (passes === 1) for (let time = 0; time < 10; time += 1) queue.add('web1');
    await pause(1);
    running -= 1;
    return undefined;
  }, handClock());
  queue.add('web1');
  await queue.idle();
  expect(passes).toBe(2);
});

test('a slow guest keeps no other waiting', async () => {
  const finished: string[] = [];
  const slow = Promise.withResolvers<void>();
  const queue = createQueue(async (guest) => {
    if (guest === 'slow') await slow.promise;
    finished.push(guest);
    return undefined;
  }, handClock());
  queue.add('slow');
  queue.add('quick');
  await queue.rested('quick');
  expect(finished).toEqual(['quick']);
  expect(queue.isIdle()).toBe(false);
  slow.resolve();
  await queue.idle();
  expect(finished).toEqual(['quick', 'slow']);
});

test('a pass that wants to be woken is woken once, and not if something happened before', async () => {
  const clock = handClock();
  let passes = 0;
  const queue = createQueue(async () => {
    passes += 1;
    return passes === 1 ? 500 : undefined;
  }, clock);
  queue.add('web1');
  await queue.idle();
  expect(clock.alarms.map(({ at }) => at)).toEqual([500]);
  queue.add('web1');
  await queue.idle();
  expect(clock.alarms).toEqual([]);
  expect(passes).toBe(2);
});

test('a guest that is forgotten is not woken any more', async () => {
  const clock = handClock();
  const queue = createQueue(async () => 500, clock);
  queue.add('web1');
  await queue.idle();
  queue.forget('web1');
  expect(clock.alarms).toEqual([]);
});

test('a guest that never rests is passed all the same: by the first pass that began after the question', async () => {
  const clock = handClock();
  let passes = 0;
  const queue = createQueue(async () => {
    passes += 1;
    await pause(1);
    if (passes < 20) queue.add('busy');
    return undefined;
  }, clock);
  queue.add('busy');
  await queue.passed('busy');
  expect(passes).toBeLessThan(5);
  await queue.idle();
});

test('what was asked while a pass ran is passed by the next one', async () => {
  const ends: (() => void)[] = [];
  const queue = createQueue(() => new Promise((end) => ends.push(() => end(undefined))), handClock());
  queue.add('web1');
  await Promise.resolve();
  queue.add('web1');
  let isPassed = false;
  const passed = queue.passed('web1').then(() => {
    isPassed = true;
  });
  ends[0]?.();
  await pause(1);
  expect(isPassed).toBe(false);
  ends[1]?.();
  await passed;
});

test('what is to be done between passes is never done beside one, and before those that wait', async () => {
  const story: string[] = [];
  const ends: (() => void)[] = [];
  const queue = createQueue(async () => {
    story.push('pass');
    await new Promise<void>((end) => ends.push(end));
    story.push('passed');
    return undefined;
  }, handClock());
  queue.add('web1');
  await pause(1);
  queue.add('web1');
  const asked = queue.between('web1', async () => {
    story.push('question');
    queue.add('web1');
    await pause(1);
    story.push('answer');
    return 7;
  });
  ends[0]?.();
  expect(await asked).toBe(7);
  await pause(1);
  ends[1]?.();
  await queue.idle();
  expect(story).toEqual(['pass', 'passed', 'question', 'answer', 'pass', 'passed']);
});

test('what fails between two passes fails for who asked, and the passes go on', async () => {
  let passes = 0;
  const queue = createQueue(async () => {
    passes += 1;
    return undefined;
  }, handClock());
  await expect(queue.between('web1', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(queue.isIdle()).toBe(true);
  queue.add('web1');
  await queue.idle();
  expect(passes).toBe(1);
});
