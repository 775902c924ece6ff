import type { Clock } from '../ports/clock.ts';

// Node fires a timer with a longer delay at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  calendar: () => new Date().toISOString(),
  wake(at, call) {
    const delay = Math.min(Math.max(0, Math.ceil(at - performance.now())), LONGEST_TIMER_MS);
    const timer = setTimeout(call, delay);
    return () => clearTimeout(timer);
  },
};
