import type { Refusal } from '../model/failure.ts';
import { backoffMs } from './backoff.ts';
import type { World } from './world.ts';

/** An executor that ran for so long had nothing wrong when it was started. */
const WELL_MS = 60_000;

/** Starts the executor again when it has ended: almost at once, and later and later while it keeps ending. */
export function executorRestarts({ report, ports: { clock } }: World, restart: () => void): (reason: string) => void {
  let crashes = 0;
  let startedAt = clock.now();
  return (reason) => {
    if (clock.now() - startedAt > WELL_MS) crashes = 0;
    crashes += 1;
    report.refusal({ code: 'E_EXECUTOR', subject: 'executor', detail: reason });
    clock.wake(clock.now() + backoffMs(crashes), () => {
      startedAt = clock.now();
      restart();
    });
  };
}

/** Opens the sockets that ended with the former executor. Guests are looked after meanwhile, although nobody can ask. */
export async function reopenSockets(world: World, open: () => Promise<Refusal | undefined>, tries = 1): Promise<void> {
  const refusal = await open();
  if (refusal === undefined) return;
  if (tries === 1) world.report.refusal(refusal);
  const { clock } = world.ports;
  clock.wake(clock.now() + backoffMs(tries), () => void reopenSockets(world, open, tries + 1));
}
