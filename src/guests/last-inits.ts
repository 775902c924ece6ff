import { type Process, processOf } from '../model/process-key.ts';
import type { Store } from '../ports/store.ts';

/** The init of each of these guests that an agent has seen last in that start of the host; it may have ended. */
export function lastInits(
  { history }: Pick<Store, 'history'>,
  guests: readonly string[],
  bootId: string,
): readonly Process[] {
  const runs = guests.flatMap((guest) => history(guest)?.run ?? []);
  return runs.filter((run) => run.bootId === bootId).map(({ instance }) => processOf(instance));
}
