import type { Process } from './process-key.ts';

/** What the kernel counts start times in. */
const TICK_MS = 10;

/** How long a process has run, `uptime` in milliseconds since the host started, what it slept included. */
export function ranMs({ startTime }: Process, uptime: number): number {
  return uptime - Number(startTime) * TICK_MS;
}
