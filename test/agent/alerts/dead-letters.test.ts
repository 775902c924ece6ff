import { expect, test } from 'vitest';
import { DeadLetters, MOST_HELD } from '../../../src/agent/alerts/dead-letters.ts';
import type { Refusal } from '../../../src/model/failure.ts';
import { handClock } from '../../fakes/clock.ts';

const FULL: Refusal = { code: 'E_STATE_WRITE', subject: 'lines', detail: 'ENOSPC' };

function held(isFull: boolean) {
  const disk = { isFull, lines: [] as string[], tries: 0 };
  const clock = handClock();
  const said: Refusal[] = [];
  const store = {
    keepUndelivered(lines: readonly string[]) {
      disk.tries += 1;
      if (disk.isFull) return [FULL];
      disk.lines.push(...lines);
      return [];
    },
  };
  const letters = new DeadLetters({ store, clock, report: { refusal: (refusal) => void said.push(refusal) } });
  return { letters, disk, clock, said };
}

test('what the disk does not take is kept, said once, and written in order when there is room', async () => {
  const { letters, disk, clock, said } = held(true);
  letters.keep(['one']);
  letters.keep(['two', 'three']);
  await clock.pass(300_000);
  expect([said, letters.refusal(), disk.tries]).toEqual([[FULL], FULL, 12]);
  disk.isFull = false;
  await clock.pass(30_000);
  expect([disk.lines, letters.refusal(), clock.next()]).toEqual([['one', 'two', 'three'], undefined, undefined]);
  letters.keep(['four']);
  expect(disk.lines.at(-1)).toBe('four');
});

test('room is made before there are any', () => {
  const { letters, disk, clock } = held(false);
  letters.expect();
  expect([disk.tries, clock.next()]).toEqual([1, undefined]);
});

test('the last ones are kept of too many', async () => {
  const { letters, disk, clock } = held(true);
  for (let number = 0; number < MOST_HELD + 2; number += 1) letters.keep([`${number}`]);
  disk.isFull = false;
  await clock.pass(30_000);
  expect([disk.lines.length, disk.lines[0]]).toEqual([MOST_HELD, '2']);
});

test('an agent that ends tries once more, where there are any', () => {
  const { letters, disk } = held(true);
  letters.end();
  letters.keep(['one']);
  disk.isFull = false;
  letters.end();
  expect([disk.tries, disk.lines]).toEqual([2, ['one']]);
});
