import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KEEP_MS, MOST_BEHIND, MOST_WAITING, Outbox, retryMs } from '../../../src/agent/alerts/outbox.ts';
import { SEND_MS } from '../../../src/agent/alerts/send-in-time.ts';
import type { AlertMessage, QueuedMessage } from '../../../src/model/alert-message.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { messageOf } from '../../contract/alert-message.ts';
import { type FakeSink, fakeSink, type Mood } from '../../fakes/alert-sink.ts';
import { handClock } from '../../fakes/clock.ts';

const MINUTE = 60_000;

function numbered(number: number): AlertMessage {
  return messageOf({ startsAt: new Date(number).toISOString() });
}

function guestAlert(guest: string): AlertMessage {
  return messageOf({ labels: { ...messageOf().labels, guest } });
}

function numbers(messages: readonly AlertMessage[]): readonly number[] {
  return messages.map(({ startsAt }) => Date.parse(startsAt));
}

function slow(sink: FakeSink, ms: number, clock: Clock): FakeSink {
  const { send } = sink;
  sink.send = async (messages, signal) => {
    await new Promise<void>((resolve) => void clock.wake(clock.now() + ms, resolve));
    return send(messages, signal);
  };
  return sink;
}

function outboxOf(sink: FakeSink, queued: readonly QueuedMessage[] = [], clock = handClock(1_000_000)) {
  const lost: { messages: readonly number[]; reason: string }[] = [];
  const failed: string[] = [];
  const world = { open: [] as readonly AlertMessage[] };
  const outbox = new Outbox(
    sink,
    {
      clock,
      open: () => world.open,
      changed: () => {},
      undelivered: (_sink, messages, reason) => lost.push({ messages: numbers(messages), reason }),
      fails: (_sink, reason) => failed.push(reason),
    },
    queued,
  );
  return { outbox, clock, lost, failed, world, told: () => sink.taken.map(numbers) };
}

test('what is put in is told in order, as many at a time as the sink takes', async () => {
  const { outbox, clock, told } = outboxOf(fakeSink('fake', { most: 2 }));
  for (const number of [1, 2, 3, 4]) outbox.put(numbered(number));
  await clock.pass(0);
  expect(told()).toEqual([[1], [2, 3], [4]]);
  expect(outbox.view()).toEqual({ sink: 'fake', waiting: 0, sent: 4, undelivered: 0 });
  expect(clock.next()).toBeUndefined();
});

test('what is refused for now is tried again, later and later, and said once', async () => {
  const sink = fakeSink();
  sink.mood = 'refuses';
  const { outbox, clock, told, failed } = outboxOf(sink);
  outbox.put(numbered(1));
  outbox.put(numbered(2));
  await clock.pass(0);
  expect([sink.asked, failed]).toEqual([1, ['refuses']]);
  await clock.pass(999);
  expect(sink.asked).toBe(1);
  await clock.pass(1 + 2000 + 4000);
  expect(sink.asked).toBe(4);
  expect(outbox.view()).toMatchObject({ waiting: 2, failing: 'refuses' });
  sink.mood = 'well';
  await clock.pass(8000);
  expect([told(), failed]).toEqual([[[1], [2]], ['refuses']]);
  expect(outbox.view()).toEqual({ sink: 'fake', waiting: 0, sent: 2, undelivered: 0 });
  expect([1, 2, 7, 100].map(retryMs)).toEqual([1000, 2000, MINUTE, MINUTE]);
});

test('what is refused for ever is kept elsewhere at once, and holds up nothing', async () => {
  const sink = fakeSink();
  const { outbox, clock, lost, told } = outboxOf(sink);
  sink.mood = 'forbids';
  outbox.put(numbered(1));
  await clock.pass(0);
  sink.mood = 'well';
  outbox.put(numbered(2));
  await clock.pass(0);
  expect([lost, told()]).toEqual([[{ messages: [1], reason: 'forbids' }], [[2]]]);
  expect(outbox.view()).toEqual({ sink: 'fake', waiting: 0, sent: 1, undelivered: 1 });
});

test('what nobody takes for an hour is kept elsewhere', async () => {
  const sink = fakeSink();
  sink.mood = 'refuses';
  const { outbox, clock, lost } = outboxOf(sink);
  outbox.put(numbered(1));
  await clock.pass(KEEP_MS - 1);
  outbox.put(numbered(2));
  expect(lost).toEqual([]);
  await clock.pass(MINUTE);
  expect(lost).toEqual([{ messages: [1], reason: 'refuses' }]);
  expect(outbox.waiting()).toHaveLength(1);
});

test('the oldest go when too many wait for a sink that takes nothing', async () => {
  const sink = fakeSink();
  sink.mood = 'hangs';
  const { outbox, clock, lost } = outboxOf(sink);
  for (let number = 1; number <= MOST_WAITING + 2; number += 1) outbox.put(numbered(number));
  await clock.pass(SEND_MS - 1);
  expect(lost).toEqual([]);
  await clock.pass(1);
  expect(lost.flatMap(({ messages }) => messages)).toEqual([1, 2]);
  outbox.put(numbered(0));
  expect(lost.flatMap(({ messages }) => messages)).toEqual([1, 2, 3]);
  expect(outbox.view()).toMatchObject({ waiting: MOST_WAITING, undelivered: 3 });
});

test('more than that come at once, and a sink that takes them is told all', async () => {
  const { outbox, clock, lost, told } = outboxOf(fakeSink('fake', { most: 64 }));
  const all = Array.from({ length: 1000 }, (_, number) => number);
  for (const number of all) outbox.put(numbered(number));
  await clock.pass(0);
  expect([told().flat(), lost]).toEqual([all, []]);
});

test('one that takes them far slower than they come is told the last ones', async () => {
  const sink = fakeSink();
  sink.mood = 'hangs';
  const { outbox, lost } = outboxOf(sink);
  for (let number = 0; number <= MOST_BEHIND + 1; number += 1) outbox.put(numbered(number));
  expect(lost.flatMap(({ messages }) => messages)).toEqual([1]); // the first one is under way
});

describe('of many that are refused for ever together', () => {
  const bad = (numbers: readonly number[]) => {
    const sink = fakeSink('fake', { most: 4, repeatMs: MINUTE });
    const { send } = sink;
    sink.send = (messages, signal) => {
      sink.mood = messages.some(({ startsAt }) => numbers.includes(Date.parse(startsAt))) ? 'forbids' : 'well';
      return send(messages, signal);
    };
    return sink;
  };

  test('each is told alone, and only the one at fault is kept elsewhere', async () => {
    const { outbox, clock, lost, told } = outboxOf(bad([3]));
    for (const number of [1, 2, 3, 4, 5, 6, 7]) outbox.put(numbered(number));
    await clock.pass(0);
    expect(told()).toEqual([[1], [2], [4], [5], [6, 7]]);
    expect(lost).toEqual([{ messages: [3], reason: 'forbids' }]);
  });

  test('what goes on is told again all the same', async () => {
    const { outbox, clock, lost, told, world } = outboxOf(bad([2]));
    world.open = [1, 2, 3, 4, 5].map(numbered);
    outbox.repeat();
    await clock.pass(MINUTE);
    expect([told(), lost]).toEqual([[[1], [3], [4], [5]], []]);
  });
});

test('a sink that hangs is left after a while, and asked again', async () => {
  const sink = fakeSink();
  sink.mood = 'hangs';
  const { outbox, clock, failed, told } = outboxOf(sink);
  outbox.put(numbered(1));
  await clock.pass(SEND_MS);
  expect(failed).toEqual(['gave no answer in 10 s']);
  sink.mood = 'well';
  await clock.pass(1000);
  expect(told()).toEqual([[1]]);
});

test('what an earlier agent left is told first', async () => {
  const { outbox, clock, told } = outboxOf(fakeSink(), [{ message: numbered(1), at: 1_000_000 }]);
  outbox.put(numbered(2));
  await clock.pass(0);
  expect(told()).toEqual([[1], [2]]);
});

describe('a sink that forgets', () => {
  const forgetful = () => fakeSink('fake', { most: 10, repeatMs: MINUTE });

  test('is told again what goes on, for as long as it does', async () => {
    const { outbox, clock, told, world } = outboxOf(forgetful());
    world.open = [numbered(1)];
    outbox.put(numbered(1));
    await clock.pass(3 * MINUTE);
    expect(told()).toEqual([[1], [1], [1], [1]]);
    world.open = [];
    outbox.put(numbered(2));
    await clock.pass(10 * MINUTE);
    expect(told().slice(4)).toEqual([[2]]);
    expect(clock.next()).toBeUndefined();
    expect(outbox.view()).toMatchObject({ sent: 2 });
  });

  test('is told of each again, however many go on', async () => {
    const { outbox, clock, told, world, lost } = outboxOf(forgetful());
    world.open = Array.from({ length: 1000 }, (_, number) => guestAlert(`web${number}`));
    outbox.repeat();
    await clock.pass(MINUTE);
    expect(told().map(({ length }) => length)).toEqual(Array.from({ length: 100 }, () => 10));
    expect(lost).toEqual([]);
    await clock.pass(MINUTE);
    expect(told()).toHaveLength(200);
  });

  test('is told of each in its turn, however long it takes for that', async () => {
    const clock = handClock();
    const sink = slow(forgetful(), MINUTE / 8, clock);
    const { outbox, world } = outboxOf(sink, [], clock);
    world.open = Array.from({ length: 100 }, (_, number) => guestAlert(`web${number}`));
    outbox.repeat();
    await clock.pass(4 * MINUTE);
    const guests = sink.taken.flat().map(({ labels }) => labels.guest);
    expect(new Set(guests).size).toBe(100);
  });

  test('is told of news before the rest, and of nothing again that is over', async () => {
    const clock = handClock();
    const sink = slow(forgetful(), 1000, clock);
    const { outbox, world } = outboxOf(sink, [], clock);
    world.open = Array.from({ length: 30 }, (_, number) => guestAlert(`web${number}`));
    outbox.repeat();
    await clock.pass(MINUTE);
    outbox.put({ ...guestAlert('web25'), status: 'resolved' });
    await clock.pass(MINUTE / 2);
    const told = sink.taken.map((messages) => messages.map(({ labels, status }) => `${labels.guest} ${status}`));
    expect(told.map(({ length }) => length)).toEqual([10, 1, 10, 9]);
    expect(told.flat().filter((text) => text.startsWith('web25 '))).toEqual(['web25 resolved']);
  });

  test('misses nothing when a repetition does not arrive', async () => {
    const sink = forgetful();
    const { outbox, clock, told, world, lost } = outboxOf(sink);
    world.open = [numbered(1)];
    outbox.put(numbered(1));
    await clock.pass(0);
    sink.mood = 'forbids';
    await clock.pass(2 * MINUTE);
    expect([lost, outbox.waiting()]).toEqual([[], []]);
    sink.mood = 'well';
    await clock.pass(MINUTE);
    expect(told()).toEqual([[1], [1]]);
  });

  test('is told at once what goes on when the agent starts', async () => {
    const sink = forgetful();
    const clock = handClock();
    const world = { clock, open: () => [numbered(1)], changed() {}, undelivered() {}, fails() {} };
    const outbox = new Outbox(sink, world, []);
    await clock.pass(0);
    expect(sink.taken.map(numbers)).toEqual([[1]]);
    outbox.close();
  });
});

test('one that is closed sends nothing, and hands over what it has not begun to send', async () => {
  const sink = fakeSink();
  sink.mood = 'hangs';
  const { outbox, clock, lost } = outboxOf(sink);
  outbox.put(numbered(1));
  outbox.put(numbered(2));
  expect(outbox.close().map(({ message }) => message)).toEqual([numbered(2)]);
  await clock.pass(24 * 60 * MINUTE);
  expect([sink.asked, lost]).toEqual([1, [{ messages: [1], reason: 'gave no answer in 10 s' }]]);
});

test('whatever a sink does, each alert is told, kept elsewhere or waiting, and in order', async () => {
  const moods = fc.array(
    fc.tuple(fc.constantFrom<Mood>('well', 'refuses', 'forbids', 'hangs'), fc.integer({ min: 0, max: 30 * MINUTE })),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(moods, fc.integer({ min: 1, max: 5 }), async (steps, most) => {
      const sink = fakeSink('fake', { most });
      const { outbox, clock, lost, told } = outboxOf(sink);
      let number = 0;
      for (const [mood, ms] of steps) {
        sink.mood = mood;
        for (const _ of [1, 2, 3]) outbox.put(numbered(++number));
        await clock.pass(ms);
      }
      const waiting = numbers(outbox.waiting().map(({ message }) => message));
      const missed = lost.flatMap(({ messages }) => messages);
      expect([...told().flat()]).toEqual(
        told()
          .flat()
          .toSorted((a, b) => a - b),
      );
      expect([...told().flat(), ...missed, ...waiting].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: number }, (_, at) => at + 1),
      );
      const view = outbox.view();
      expect([view.sent, view.undelivered, view.waiting]).toEqual([
        told().flat().length,
        missed.length,
        waiting.length,
      ]);
    }),
    { numRuns: 100 },
  );
});
