import { existsSync, readFileSync } from 'node:fs';

/** In the virtual machine that is made for the tests. */
export const inMachine = existsSync('/etc/hostler-test-host');

/** Whether real guests and devices may be made: as root, in that machine or in the namespaces that scripts/namespace.sh has set up. */
export const onTestHost = process.getuid?.() === 0 && (inMachine || isNamespaced());

function isNamespaced(): boolean {
  return / \/run .* - tmpfs hostler-test /.test(readFileSync('/proc/self/mountinfo', 'utf8'));
}
