import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MANUAL = join(import.meta.dirname, '../../packaging/man');

/** The first example of a page of the manual. */
export function manualExample(page: string): string {
  return /^\.Bd -literal.*\n([\s\S]*?)^\.Ed$/m.exec(readFileSync(join(MANUAL, page), 'utf8'))?.[1] ?? '';
}
