import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A sysfs attribute of a device; throws when it has none, or is gone. */
export function attribute(folder: string, name: string): string {
  return readFileSync(join(folder, name), 'utf8').trimEnd();
}
