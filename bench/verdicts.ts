/** What was measured of something that has a figure to be held to. */
export interface Verdict {
  readonly what: string;
  readonly expected: string;
  readonly measured: string;
  readonly isWithin: boolean;
  /** It is right on any machine, or hostler is wrong. */
  readonly isExact?: true;
}

/** One that is to be so, give or take. */
export function about(what: string, expected: number, tolerance: number, measured: number, unit: string): Verdict {
  const isWithin = Math.abs(measured - expected) <= tolerance;
  const text = `${digits(expected)} ± ${digits(tolerance)} ${unit}`;
  return { what, expected: text, measured: `${digits(measured)} ${unit}`, isWithin };
}

/** One that is to be no more. */
export function atMost(what: string, most: number, measured: number, unit: string): Verdict {
  const expected = `at most ${digits(most)} ${unit}`;
  return { what, expected, measured: `${digits(measured)} ${unit}`, isWithin: measured <= most };
}

/** One that is to be no less. */
export function atLeast(what: string, least: number, measured: number, unit: string): Verdict {
  const expected = `at least ${digits(least)} ${unit}`;
  return { what, expected, measured: `${digits(measured)} ${unit}`, isWithin: measured >= least };
}

/** One that is to be just so, however slow the machine is. */
export function exactly(what: string, expected: number, measured: number, unit: string): Verdict {
  const [wanted, was] = [expected, measured].map((value) => `${digits(value)} ${unit}`) as [string, string];
  return { what, expected: wanted, measured: was, isWithin: measured === expected, isExact: true };
}

export function printVerdicts(verdicts: readonly Verdict[]): void {
  const rows = [
    ['what', 'expected', 'measured', 'within'],
    ...verdicts.map(({ what, expected, measured, isWithin }) => [what, expected, measured, isWithin ? 'yes' : 'NO']),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  console.log('');
  for (const row of rows) console.log(row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
}

function digits(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}
