import { existsSync, readFileSync } from 'node:fs';

/** Whether somebody listens on udevd's control socket. The file alone proves nothing: it stays when udevd is killed. */
export function udevRuns(): boolean {
  try {
    return readFileSync('/proc/net/unix', 'utf8').includes(' /run/udev/control\n');
  } catch {
    return false;
  }
}

/** udevd keeps this file while its queue is not empty. It stays when udevd is killed. */
export function udevIsBusy(): boolean {
  return existsSync('/run/udev/queue');
}
