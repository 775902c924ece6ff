import { quote } from './quote.ts';

/** A rule's name stands in commands, log lines and metrics. */
export function ruleNameProblem(name: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name)) return undefined;
  return `${quote(name)} cannot be a rule's name; write up to 64 letters, digits, _ . or -, such as front-desk-scanner`;
}
