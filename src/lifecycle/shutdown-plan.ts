import type { StartSettings } from '../model/lifecycle.ts';
import type { PlannedStop } from '../model/shutdown.ts';
import { nextPlace, stopsNow } from './stop-turns.ts';

/** A guest that runs, and how long its stop takes. */
export interface GuestToStop {
  readonly guest: string;
  readonly start: StartSettings;
  readonly stopMs: number;
  /** It is one of those of which only so many are stopped at a time. */
  readonly takesRoom: boolean;
  /** How long it keeps its place among those, if it does not end before. */
  readonly placeMs: number;
}

export interface ShutdownPlan {
  readonly totalMs: number;
  /** When each begins to be stopped and has ended, from the beginning of all; in the order of their ends. */
  readonly stops: readonly PlannedStop[];
  /** Those that make it take so long: each is stopped when the one before it has ended, or keeps its place no longer. */
  readonly critical: readonly string[];
}

/** All guests are stopped in the reverse order of their starts, at most `most` at a time of those that take room. */
export function planShutdown(guests: readonly GuestToStop[], most: number): ShutdownPlan {
  const byName = new Map(guests.map((one) => [one.guest, one]));
  const startOf = (guest: string) => byName.get(guest)?.start ?? { after: [] };
  const left = new Set(byName.keys());
  const running: PlannedStop[] = [];
  const stops: PlannedStop[] = [];
  const placeUntil = ({ guest, fromMs }: PlannedStop) => fromMs + (byName.get(guest)?.placeMs ?? 0);
  const takesRoom = (guest: string) => byName.get(guest)?.takesRoom ?? true;
  const turnsAt = (now: number) => {
    const stopping = new Map(running.map((stop) => [stop.guest, placeUntil(stop)]));
    return { now, stopping, waiting: [...left].filter((guest) => !stopping.has(guest)), startOf, takesRoom, most };
  };
  for (let now = 0, behind: string | undefined; left.size > 0; ) {
    for (const guest of stopsNow(turnsAt(now))) {
      const untilMs = now + (byName.get(guest)?.stopMs ?? 0);
      running.push({ guest, fromMs: now, untilMs, ...(behind !== undefined && { behind }) });
    }
    running.sort((one, other) => one.untilMs - other.untilMs);
    const [first] = running;
    if (first === undefined) break;
    const place = nextPlace(turnsAt(now));
    const isEnd = place === undefined || first.untilMs <= place.at;
    now = isEnd ? first.untilMs : place.at;
    behind = isEnd ? first.guest : place.guest;
    if (!isEnd) continue;
    running.shift();
    stops.push(first);
    left.delete(first.guest);
  }
  return { totalMs: stops.at(-1)?.untilMs ?? 0, stops, critical: criticalOf(stops) };
}

function criticalOf(stops: readonly PlannedStop[]): readonly string[] {
  const byName = new Map(stops.map((one) => [one.guest, one]));
  const path: string[] = [];
  for (let one = stops.at(-1); one !== undefined; one = byName.get(one.behind ?? '')) path.unshift(one.guest);
  return path;
}
