/** A quota that is written fills the pool of CPU time up, also with the value that it has: so often in so long is no accident. */
const MOST = 20;
const WITHIN_MS = 5_000;

/** The changes of a quota, monotonic ms, that still count. `at`: there is one more. */
export function withChange(changes: readonly number[], at: number): readonly number[] {
  return [...changes.filter((one) => at < one + WITHIN_MS), at].slice(-MOST);
}

/** Until when (monotonic ms) somebody counts as writing the quota again and again; undefined: nobody does. */
export function rewrittenUntil(changes: readonly number[], now: number): number | undefined {
  const first = changes.at(-MOST);
  return first !== undefined && now < first + WITHIN_MS ? first + WITHIN_MS : undefined;
}
