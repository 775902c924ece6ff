import fc from 'fast-check';
import { test } from 'vitest';

/** A sentence that holds in every generated world. */
export function law<Value>(
  sentence: string,
  values: fc.Arbitrary<Value>,
  holds: (value: Value) => void,
  numRuns = 300,
): void {
  test(sentence, () => fc.assert(fc.property(values, holds), { numRuns }));
}
