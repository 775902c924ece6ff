import { type StartOf, stoppableNow } from './start-closure.ts';

/** Guests that are stopped together. All times are of one clock, in milliseconds. */
export interface StopTurns {
  readonly now: number;
  /** Until when each keeps its place. */
  readonly stopping: ReadonlyMap<string, number>;
  readonly waiting: readonly string[];
  readonly startOf: StartOf;
  /** Whether it is one of those of which only so many are stopped at a time. */
  readonly takesRoom: (guest: string) => boolean;
  readonly most: number;
  /** From then on nobody waits for another one: who has not been asked by then is killed unasked. Undefined: all have their time. */
  readonly endsAt?: number;
}

/** Of those that wait the ones that are stopped now: all have ended that were started after them, and there is room; or it is late. */
export function stopsNow(turns: StopTurns): readonly string[] {
  const { stopping, waiting, startOf, takesRoom, most } = turns;
  if (isTimeUp(turns)) return waiting;
  const turn = new Set(stoppableNow([...stopping.keys(), ...waiting], startOf));
  const next = waiting.filter((guest) => turn.has(guest));
  const room = Math.max(0, most - placesKept(turns).length);
  const begun = new Set(next.filter(takesRoom).slice(0, room));
  return next.filter((guest) => begun.has(guest) || !takesRoom(guest));
}

/** Whether those that wait are stopped whoever is to end before them. */
export function isTimeUp({ now, endsAt }: Pick<StopTurns, 'now' | 'endsAt'>): boolean {
  return endsAt !== undefined && now >= endsAt;
}

/** Who gives up its place first without having ended, and when; undefined: nobody keeps one. */
export function nextPlace(turns: StopTurns): { readonly guest: string; readonly at: number } | undefined {
  const [first] = placesKept(turns).sort(([, one], [, other]) => one - other);
  return first && { guest: first[0], at: first[1] };
}

function placesKept({ now, stopping, takesRoom }: StopTurns) {
  return [...stopping].filter(([guest, until]) => now < until && takesRoom(guest));
}
