import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataLevel, headroom, restsFor } from '../../src/limits/shared-data.ts';

const MiB = 2 ** 20;

/** As the kernel has it: more than its limit a process is refused, a child has what its parent has, and nobody asks for that. */
interface Process {
  readonly held: number;
  readonly most: number;
}

type Step =
  | { readonly does: 'take'; readonly who: number; readonly bytes: number }
  | { readonly does: 'give'; readonly who: number; readonly bytes: number }
  | { readonly does: 'fork'; readonly who: number }
  | { readonly does: 'end'; readonly who: number };

const who = fc.nat(50);
const bytes = fc.integer({ min: 1, max: 300 });
const grows: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant('take' as const), who, bytes }),
  fc.record({ does: fc.constant('give' as const), who, bytes }),
  fc.record({ does: fc.constant('end' as const), who }),
);
const forks: fc.Arbitrary<Step> = fc.record({ does: fc.constant('fork' as const), who });
const helds = fc.array(fc.nat(300), { minLength: 1, maxLength: 8 });
const limits = fc.integer({ min: 1, max: 1000 });

const sumOf = (processes: readonly Process[]): number => processes.reduce((sum, { held }) => sum + held, 0);

function shared(limit: number, processes: readonly Process[]): readonly Process[] {
  const left = headroom(limit, sumOf(processes));
  return processes.map(({ held }) => ({ held, most: held + left }));
}

function stepped(processes: readonly Process[], step: Step): readonly Process[] {
  const at = step.who % Math.max(1, processes.length);
  const process = processes[at];
  if (process === undefined) return processes;
  const { held, most } = process;
  switch (step.does) {
    case 'take':
      return held + step.bytes > most ? processes : processes.with(at, { held: held + step.bytes, most });
    case 'give':
      return processes.with(at, { held: Math.max(0, held - step.bytes), most });
    case 'fork':
      return [...processes, process];
    case 'end':
      return processes.toSpliced(at, 1);
  }
}

const begin = (limit: number, held: readonly number[]): readonly Process[] =>
  shared(
    limit,
    held.map((one) => ({ held: one, most: one })),
  );

describe('what the processes of a guest have together, when each may have what it has and all that is left', () => {
  test('is never more than the limit and what was left for each of the others, whatever they do', () => {
    fc.assert(
      fc.property(limits, helds, fc.array(fc.array(grows)), (limit, held, rounds) => {
        let processes = begin(limit, held);
        for (const steps of rounds) {
          const [sum, count] = [sumOf(processes), processes.length];
          const left = headroom(limit, sum);
          processes = shared(limit, processes);
          for (const step of steps) {
            processes = stepped(processes, step);
            expect(sumOf(processes)).toBeLessThanOrEqual(Math.max(limit, sum) + Math.max(0, count - 1) * left);
          }
        }
      }),
    );
  });

  test('is never more than the limit as long as one alone takes anything', () => {
    fc.assert(
      fc.property(limits, helds, fc.array(bytes), who, (limit, held, takes, one) => {
        const processes = takes.reduce<readonly Process[]>(
          (before, much) => stepped(before, { does: 'take', who: one, bytes: much }),
          begin(limit, held),
        );
        expect(sumOf(processes)).toBeLessThanOrEqual(Math.max(limit, sumOf(begin(limit, held))));
      }),
    );
  });

  test('is never more than that and what children have of their parents', () => {
    fc.assert(
      fc.property(limits, helds, fc.array(fc.oneof(grows, forks)), (limit, held, steps) => {
        let processes = begin(limit, held);
        const sum = sumOf(processes);
        const left = headroom(limit, sum);
        let [ever, inherited] = [processes.length, 0];
        for (const step of steps) {
          const parent = processes[step.who % Math.max(1, processes.length)];
          if (step.does === 'fork' && parent !== undefined) {
            ever += 1;
            inherited += parent.most - left;
          }
          processes = stepped(processes, step);
          expect(sumOf(processes)).toBeLessThanOrEqual(Math.max(limit, sum) + (ever - 1) * left + inherited);
        }
      }),
    );
  });

  test('goes to whoever asks first: what one gives back, any other may have after the next look, and not a byte more', () => {
    fc.assert(
      fc.property(limits, helds, who, bytes, fc.nat(7), (limit, held, giver, much, taker) => {
        const before = begin(limit, [...held, 0]);
        const processes = shared(limit, stepped(before, { does: 'give', who: giver, bytes: much }));
        const left = headroom(limit, sumOf(processes));
        const at = taker % processes.length;
        expect(sumOf(stepped(processes, { does: 'take', who: at, bytes: left })) - sumOf(processes)).toBe(left);
        expect(stepped(processes, { does: 'take', who: at, bytes: left + 1 })).toEqual(processes);
        const gave = sumOf(before) - sumOf(processes);
        expect(left).toBe(Math.max(0, headroom(limit, sumOf(before)) + Math.min(gave, limit - sumOf(processes))));
      }),
    );
  });

  test('of a limit of 1 GiB that four have 200 MiB of leaves 224 MiB, and 400 MiB are refused', () => {
    const processes = begin(
      1024 * MiB,
      [0, 1, 2, 3].map(() => 200 * MiB),
    );
    expect(processes.map(({ most, held }) => most - held)).toEqual(Array(4).fill(224 * MiB));
    expect(stepped(processes, { does: 'take', who: 0, bytes: 400 * MiB })).toEqual(processes);
  });
});

describe('the level', () => {
  const use = { processes: 3, sum: 90, largest: 50, limit: 100 };
  test('is of all together where they share it, else of the largest, and never more than all', () => {
    expect(dataLevel({ ...use, isShared: true })).toBe(0.9);
    expect(dataLevel({ ...use, isShared: false })).toBe(0.5);
    expect(dataLevel({ ...use, sum: 200, isShared: true })).toBe(1);
  });
});

describe('what is left is divided anew', () => {
  const held = (sum: number, processes = 3) => ({ processes, sum, largest: sum });
  test('soon when somebody takes or gives, or comes or goes, and when nobody looked before', () => {
    for (const before of [undefined, held(512 * MiB), held(256 * MiB, 4), held(0)])
      expect(restsFor(1024 * MiB, held(256 * MiB), before, 4000)).toBe(250);
  });
  test('later and later when nobody does, and never later than that', () => {
    const rests = [0, 1, 2, 3, 4, 5].reduce<readonly number[]>(
      (all) => [...all, restsFor(1024 * MiB, held(257 * MiB), held(256 * MiB), all.at(-1) ?? 0)],
      [],
    );
    expect(rests).toEqual([500, 1000, 2000, 4000, 4000, 4000]);
  });
});
