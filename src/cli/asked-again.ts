import { setTimeout as sleep } from 'node:timers/promises';
import { failures, type Refusal } from '../model/failure.ts';
import type { Asked } from './ask.ts';

/** An agent that is upgraded, or was killed, has a successor before that. */
const PATIENCE_MS = 20_000;
const NEXT_TRY_MS = 250;

/** What the next agent answers; `lost` where there is none in time. */
export async function askedAgain<T>(ask: () => Promise<Asked<T>>, lost: Refusal): Promise<Asked<T>> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const asked = await ask();
    if (asked.ok || failures[asked.refusal.code].exit !== failures.E_UNREACHABLE.exit) return asked;
    if (performance.now() > until) return { ok: false, refusal: lost };
    await sleep(NEXT_TRY_MS);
  }
}
