export interface Failure {
  readonly title: string;
  readonly said: string;
}

export interface Part {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

export function readReport(path: string): ReadonlyMap<string, Part> | undefined;

export function hasPassed(before: Part, now: Part | undefined): boolean;

export function onlyThese(keys: readonly string[]): {
  readonly paths: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};
