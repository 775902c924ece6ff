/** A quota that is written fills the pool of CPU time up, also with the value that it has: a quarter more than the rate is no accident. */
const MORE = 0.25;
/** Where periods are long: our own write is among them. */
const FEWEST = 5;
const WITHIN_MS = 10_000;
/** Periods are at least a millisecond. */
const MOST = MORE * WITHIN_MS;

/** The changes of a quota, monotonic ms, that still count. `at`: there is one more. */
export function withChange(changes: readonly number[], at: number): readonly number[] {
  return [...changes.filter((one) => at < one + WITHIN_MS), at].slice(-MOST);
}

/** Until when (monotonic ms) somebody counts as writing a quota of this period again and again; undefined: nobody does. */
export function rewrittenUntil(changes: readonly number[], periodUs: number, now: number): number | undefined {
  const first = changes.at(-Math.max(FEWEST, Math.ceil((MORE * WITHIN_MS * 1000) / periodUs)));
  return first !== undefined && now < first + WITHIN_MS ? first + WITHIN_MS : undefined;
}
