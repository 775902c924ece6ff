import { globProblem, isLiteral } from '../model/glob.ts';
import { quote } from './quote.ts';

/** Why no guest can have this name. */
export function guestNameProblem(name: string): string | undefined {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/.test(name)) return undefined;
  return `${quote(name)} cannot be a guest's name; write letters, digits, _ . or -, beginning with a letter, a digit or _`;
}

/** Why a name or glob can match no guest. */
export function guestPatternProblem(pattern: string): string | undefined {
  const problem = globProblem(pattern);
  if (problem !== undefined) return problem;
  if (isLiteral(pattern)) return guestNameProblem(pattern);
  if (/^[A-Za-z0-9_*?[][A-Za-z0-9_.*?[\]!-]*$/.test(pattern)) return undefined;
  return `${quote(pattern)} cannot match any guest's name; write letters, digits, _ . - and the wildcards * ? [a-z]`;
}
