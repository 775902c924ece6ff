import { readFileSync } from 'node:fs';

/** Whether real guests and devices may be made: as root, in the namespaces that scripts/namespace.sh has set up. */
export const onTestHost =
  process.getuid?.() === 0 && / \/run .* - tmpfs hostler-test /.test(readFileSync('/proc/self/mountinfo', 'utf8'));
