const FIRST_MS = 50;
const LONGEST_MS = 30_000;

/** How long to wait before the next try after so many failures in a row: doubled each time, from 50 ms to 30 s. */
export function backoffMs(failuresInARow: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failuresInARow - 1));
}

export interface Retry {
  readonly failuresInARow: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** A try that an event brought forward moves nothing: however busy the guest is, the next one on our own is not further away. */
export function nextRetry(former: Retry | undefined, now: number): Retry {
  if (former !== undefined && now < former.at) return former;
  const failuresInARow = (former?.failuresInARow ?? 0) + 1;
  return { failuresInARow, at: now + backoffMs(failuresInARow) };
}
