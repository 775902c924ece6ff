import { expect, test } from 'vitest';
import type { EventView } from '../../src/ports/agent.ts';
import { createHistory } from '../../src/report/history.ts';

const event = (says: string) => ({ time: '1970-01-01T00:00:00.000Z', kind: 'agent', severity: 'info', says }) as const;

function filled(capacity: number, count: number) {
  const history = createHistory(capacity);
  for (let number = 1; number <= count; number += 1) history.add(event(`${number}`));
  return history;
}

test.each([
  [5, 0, []],
  [5, 3, [1, 2, 3]],
  [5, 5, [1, 2, 3, 4, 5]],
  [5, 8, [4, 5, 6, 7, 8]],
  [5, 11, [7, 8, 9, 10, 11]],
  [5, 1_000, [996, 997, 998, 999, 1_000]],
  [1, 3, [3]],
])(
  'of %i places and %i events the last are there, with the numbers that they have always had',
  (capacity, count, numbers) => {
    const events = filled(capacity, count).after(0);
    expect(events.map(({ number }) => number)).toEqual(numbers);
    expect(events.map(({ says }) => Number(says))).toEqual(numbers);
  },
);

test.each([
  [0, 3],
  [1, 2],
  [3, 0],
  [99, 0],
])('after %i come the later ones only', (after, left) => {
  expect(filled(10, 3).after(after)).toHaveLength(left);
});

test('who follows is called after the event is there, until he has enough', () => {
  const history = createHistory(10);
  const heard: [EventView['number'], number][] = [];
  const enough = history.follow(({ number }) => heard.push([number, history.after(0).length]));
  history.add(event('a'));
  history.add(event('b'));
  enough();
  history.add(event('c'));
  expect(heard).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('one who leaves while he is called keeps no other from being called', () => {
  const history = createHistory(10);
  const heard: string[] = [];
  const leave = history.follow(() => leave());
  history.follow(({ says }) => heard.push(says));
  history.add(event('a'));
  expect(heard).toEqual(['a']);
});
