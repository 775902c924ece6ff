import type { Clock } from '../ports/clock.ts';

// Node fires a timer with a longer delay at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  calendar: () => new Date().toISOString(),
  wake(at, call) {
    const delay = Math.min(Math.max(0, Math.ceil(at - performance.now())), LONGEST_TIMER_MS);
    // The agent lives as long as its sockets: what it would have done later keeps nobody waiting for its end.
    const timer = setTimeout(call, delay).unref();
    return () => clearTimeout(timer);
  },
};
