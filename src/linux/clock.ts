import { readFileSync } from 'node:fs';
import type { Clock } from '../ports/clock.ts';
import { uptimeMs } from './uptime.ts';

// Node fires a timer with a longer delay at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  calendar: () => new Date().toISOString(),
  bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  sinceBoot: () => Number(process.hrtime.bigint()) / 1e6,
  uptime: uptimeMs,
  wake(at, call) {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const delay = Math.min(Math.max(0, Math.ceil(at - performance.now())), LONGEST_TIMER_MS);
      // The agent lives as long as its sockets: what it would have done later keeps nobody waiting for its end.
      timer = setTimeout(ring, delay).unref();
    };
    // A timer counts from when its loop last looked at the clock, which may be a moment ago: it rings that much early.
    const ring = () => (performance.now() < at ? arm() : call());
    arm();
    return () => clearTimeout(timer);
  },
};
