/** What became of one test inside the machine. */
export interface Outcome {
  /** File and names of suites and test, as `idOf` joins them. */
  readonly id: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it failed, with a place. */
  readonly text: string;
}

const MARK = 'outcome ';

export function outcomeLine(outcome: Outcome): string {
  return `${MARK}${JSON.stringify(outcome)}\n`;
}

/** Undefined for a line that is something else. */
export function parseOutcome(line: string): Outcome | undefined {
  return line.startsWith(MARK) ? JSON.parse(line.slice(MARK.length)) : undefined;
}

export function idOf(file: string, name: string): string {
  return `${file} > ${name}`;
}
