import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The executor built in this checkout, or the installed one. HOSTLER_EXECUTOR names another, for its sanitizer build. */
export function executorProgram(): string {
  return process.env.HOSTLER_EXECUTOR ?? program('hostler-executor');
}

/** Where the manager of services starts an executor for whoever connects, as hostler.service says. */
export function executorSocket(): string | undefined {
  return process.env.HOSTLER_EXECUTOR_SOCKET || undefined;
}

/** The client that udev rules and LXC hooks call. */
export function hookProgram(): string {
  return program('hostler-hook');
}

function program(name: string): string {
  const built = join(import.meta.dirname, '../../native/build', name);
  return existsSync(built) ? built : join('/usr/lib/hostler', name);
}
