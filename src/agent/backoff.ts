const FIRST_MS = 50;
const LONGEST_MS = 30_000;

/** How long to wait before the next try after so many failures in a row: doubled each time, from 50 ms to 30 s. */
export function backoffMs(failuresInARow: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failuresInARow - 1));
}
