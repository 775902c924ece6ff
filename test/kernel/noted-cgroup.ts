import { appendFileSync } from 'node:fs';

/**
 * Notes the name of a cgroup that a test is about to make: whatever becomes of the test, scripts/namespace.sh takes it away when it is
 * empty, and its namesakes with a number behind them.
 */
export function noteCgroup(name: string): void {
  const { HOSTLER_TEST_CGROUPS: list } = process.env;
  if (list !== undefined) appendFileSync(list, `${name}\n`);
}
