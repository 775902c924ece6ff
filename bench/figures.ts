/** Values of one measurement in one unit. */
export interface Figures {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Throws when there is nothing to sum up: a row without values would look like a good one. */
export function figures(values: readonly number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
  if (sorted.length === 0) throw new Error('nothing was measured');
  return { count: sorted.length, min: at(0), median: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

export function milliseconds(microseconds: number): string {
  return (microseconds / 1000).toFixed(2);
}
