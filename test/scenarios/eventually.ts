import { setTimeout as pause } from 'node:timers/promises';

/** Longer than anything takes but what hangs; emulated machines take longer. */
const PATIENCE_MS = Number(process.env.HOSTLER_TEST_PATIENCE_MS ?? 30_000);
/** Where everything is slow, looking all the time would make it slower. */
const PAUSE_MS = PATIENCE_MS / 15_000;

/** Looks again and again until the look does not throw any more; throws what it threw last when patience ends. */
export async function eventually<T>(look: () => T | Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > until) throw error;
      await pause(PAUSE_MS);
    }
  }
}
