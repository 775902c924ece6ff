import { uptime } from 'node:os';

/** Milliseconds since the host started, what it slept included. */
export function uptimeMs(): number {
  return Math.round(uptime() * 1000);
}
