import fc from 'fast-check';
import { USUAL_START } from '../../src/lifecycle/start-closure.ts';
import type { StartSettings } from '../../src/model/lifecycle.ts';

/** Guests g0, g1, ... of which each waits for some of those before it, by name. */
export const orders: fc.Arbitrary<ReadonlyMap<string, StartSettings>> = fc
  .array(
    fc.record({
      waits: fc.array(fc.nat({ max: 7 }), { maxLength: 3 }),
      timeoutMs: fc.integer({ min: 1, max: 10_000 }),
      late: fc.constantFrom('hold' as const, 'continue' as const, 'fail' as const),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((guests) => {
    const entries = guests.map(({ waits, ...own }, at): [string, StartSettings] => {
      const after = [...new Set(waits.filter((other) => other < at))].map((other) => `g${other}`);
      return [`g${at}`, { ...USUAL_START, ...own, after }];
    });
    return new Map(entries.toReversed());
  });
