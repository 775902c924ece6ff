import { type Monitor, openMonitor } from '../qmp.ts';

let shared: Promise<Monitor> | undefined;

/** The one connection that QEMU has for all tests. */
export function monitor(): Promise<Monitor> {
  shared ??= openMonitor('/run/qmp.sock');
  return shared;
}
