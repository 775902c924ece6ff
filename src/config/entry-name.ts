import { quote } from './quote.ts';

/** A rule's name stands in commands, log lines and metrics. */
export function ruleNameProblem(name: string): string | undefined {
  return entryNameProblem(name, "a rule's name", 'front-desk-scanner');
}

/** So does a policy's. */
export function policyNameProblem(name: string): string | undefined {
  return entryNameProblem(name, "a policy's name", 'small-service');
}

/** And the name of a group of guests. */
export function markNameProblem(name: string): string | undefined {
  return entryNameProblem(name, "a mark's name", 'edge');
}

function entryNameProblem(name: string, what: string, example: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name)) return undefined;
  return `${quote(name)} cannot be ${what}; write up to 64 letters, digits, _ . or -, such as ${example}`;
}
