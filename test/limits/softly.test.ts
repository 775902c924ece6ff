import { describe, expect, test } from 'vitest';
import { loweredLimit, softWrites, withoutLowBarrier } from '../../src/limits/softly.ts';

const MiB = 2 ** 20;
const writes = [
  { file: 'memory.max', value: `${400 * MiB}` },
  { file: 'memory.high', value: `${300 * MiB}` },
  { file: 'pids.max', value: '7' },
] as const;
const HELD = { 'memory.max': 'max', 'memory.high': 'max', 'memory.swap.max': '0' };
const use = { current: 800 * MiB, fixed: 200 * MiB, locked: 0, stall: 0, swapHeld: 0, swapFree: 0 };

test.each([
  ['max', 400 * MiB],
  [`${800 * MiB}`, 400 * MiB],
  [`${100 * MiB}`, undefined],
])('held %s, it lowers the limit to %j', (held, lowered) => {
  expect(loweredLimit(writes, { 'memory.max': held })).toBe(lowered);
});

test('writes that do not speak of memory lower nothing', () => {
  expect(loweredLimit(writes.slice(2), { 'memory.max': 'max' })).toBeUndefined();
});

test('where there is room all is written', () => {
  expect(softWrites(writes, HELD, 400 * MiB, { ...use, current: 100 * MiB })).toEqual({ writes });
});

test('where there is none it is made first, and only memory waits', () => {
  expect(softWrites(writes, HELD, 400 * MiB, use)).toEqual({
    writes: [writes[2]],
    reclaim: 40 * MiB,
  });
});

test('where none can be made memory stays as it is', () => {
  expect(softWrites(writes, HELD, 400 * MiB, { ...use, fixed: 700 * MiB })).toEqual({
    writes: [writes[2]],
    left: 'that would kill: 700 MiB of its memory cannot be reclaimed',
  });
});

describe('a barrier alone', () => {
  const barrier = writes.slice(1);

  test('below what cannot be reclaimed is not written, and the rest is', () => {
    expect(withoutLowBarrier({ writes: barrier }, HELD, { ...use, fixed: 700 * MiB })).toEqual({
      writes: [writes[2]],
      left: 'with a barrier of 300 MiB it would stand still: 700 MiB of its memory cannot be reclaimed',
    });
  });

  test('is written where what is above it can be taken back, or has room in swap, or it is raised', () => {
    const soft = { writes: barrier };
    expect(withoutLowBarrier(soft, HELD, use)).toBe(soft);
    const swap = { ...use, fixed: 700 * MiB, swapFree: 500 * MiB };
    expect(withoutLowBarrier(soft, { ...HELD, 'memory.swap.max': 'max' }, swap)).toBe(soft);
    const lower = { ...HELD, 'memory.high': `${200 * MiB}` };
    expect(withoutLowBarrier(soft, lower, { ...use, fixed: 700 * MiB })).toBe(soft);
  });
});

test('where the guest waits for its memory most of the time nothing more is taken from it', () => {
  expect(softWrites(writes, HELD, 400 * MiB, { ...use, stall: 0.21 })).toEqual({
    writes: [writes[2]],
    left: 'it waits for memory 21% of the time already, and would stand still',
  });
  expect(softWrites(writes, HELD, 400 * MiB, { ...use, stall: 0.2 })).toHaveProperty('reclaim');
  expect(softWrites(writes, HELD, 400 * MiB, { ...use, current: 100 * MiB, stall: 1 })).toEqual({ writes });
});

test('what is to have more swap is judged by that, and has it first', () => {
  const swap = { file: 'memory.swap.max', value: `${400 * MiB}` } as const;
  const anonymous = { ...use, fixed: 800 * MiB, swapFree: 8000 * MiB };
  expect(softWrites(writes, HELD, 400 * MiB, anonymous)).toHaveProperty('left');
  expect(softWrites([...writes, swap], HELD, 400 * MiB, { ...anonymous, swapFree: 100 * MiB })).toMatchObject({
    writes: [writes[2], swap],
    left: 'that would kill: 700 MiB of its memory cannot be reclaimed',
  });
  expect(softWrites([...writes, { ...swap, value: `${500 * MiB}` }], HELD, 400 * MiB, anonymous)).toEqual({
    writes: [writes[2], { ...swap, value: `${500 * MiB}` }],
    reclaim: 40 * MiB,
  });
});

test('what is to have less swap is judged by that, and keeps it until there is room', () => {
  const swap = { file: 'memory.swap.max', value: '0' } as const;
  const held = { ...HELD, 'memory.swap.max': 'max' };
  const anonymous = { ...use, fixed: 800 * MiB, swapFree: 8000 * MiB };
  expect(softWrites([...writes, swap], held, 400 * MiB, anonymous)).toEqual({
    writes: [writes[2]],
    left: 'that would kill: 800 MiB of its memory cannot be reclaimed',
  });
});
