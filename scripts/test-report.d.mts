export interface Failure {
  readonly title: string;
  readonly said: string;
}

export interface Part {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

export function readReport(path: string, root: string): ReadonlyMap<string, Part> | undefined;

export function onlyThese(keys: readonly string[]): {
  readonly paths: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};
