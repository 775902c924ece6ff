import type { Access } from '../model/number.ts';
import { quote } from './quote.ts';

/** In the order in which the kernel writes them. */
const accesses: readonly Access[] = ['r', 'w', 'm', 'rw', 'rm', 'wm', 'rwm'];

/** Letters in any order, each once; undefined for anything else. */
export function parseAccess(text: string): Access | undefined {
  const sorted = [...text].sort().join('');
  return accesses.find((access) => [...access].sort().join('') === sorted);
}

export function accessProblem(text: string): string | undefined {
  if (parseAccess(text)) return undefined;
  return `${quote(text)} is no access; write each of r (read), w (write) and m (make nodes) at most once, such as rw`;
}
