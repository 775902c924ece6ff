import { setTimeout as pause } from 'node:timers/promises';

/** Longer than anything takes but what hangs; emulated machines take longer. */
const PATIENCE_MS = Number(process.env.HOSTLER_TEST_PATIENCE_MS ?? 30_000);
const [LEAST_PAUSE_MS, MOST_PAUSE_MS] = [2, 250];
/** Who looks all the time slows down what is looked for, above all where a look is dear. */
const PAUSE_PER_LOOK = 3;

/** Looks again and again until the look does not throw any more; throws what it threw last when patience ends. */
export async function eventually<T>(look: () => T | Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const begun = performance.now();
    try {
      return await look();
    } catch (error) {
      const now = performance.now();
      if (now > until) throw error;
      await pause(Math.min(Math.max((now - begun) * PAUSE_PER_LOOK, LEAST_PAUSE_MS), MOST_PAUSE_MS));
    }
  }
}
