import { type StartOf, stoppableNow } from './start-closure.ts';

/** Guests that are stopped together. */
export interface StopTurns {
  readonly stopping: readonly string[];
  readonly waiting: readonly string[];
  readonly startOf: StartOf;
  /** Whether it is one of those of which only so many are stopped at a time. */
  readonly takesRoom: (guest: string) => boolean;
  readonly most: number;
}

/** Of those that wait the ones that are stopped now: all have ended that were started after them, and there is room. */
export function stopsNow({ stopping, waiting, startOf, takesRoom, most }: StopTurns): readonly string[] {
  const turn = new Set(stoppableNow([...stopping, ...waiting], startOf));
  const next = waiting.filter((guest) => turn.has(guest));
  const room = Math.max(0, most - stopping.filter(takesRoom).length);
  const begun = new Set(next.filter(takesRoom).slice(0, room));
  return next.filter((guest) => begun.has(guest) || !takesRoom(guest));
}
