import type { GuestHistory, PastStop, StopTimes } from '../model/guest-history.ts';
import type { KnownFrom } from '../model/shutdown.ts';

const REMEMBERED = 20;

export function withStop(history: GuestHistory, stop: PastStop): GuestHistory {
  return { ...history, stops: [...history.stops, stop].slice(-REMEMBERED) };
}

/** How long a stop of the guest takes at most, 19 times of 20 by what was seen; its timeout where too little was. */
export function expectedStopMs(history: GuestHistory, timeoutMs: number): number {
  return expected(history, timeoutMs)?.ms ?? timeoutMs;
}

/** How many stops that is known from. None: it is the timeout; `killed` of `known` stops, where it is so for them. */
export function knownFrom(history: GuestHistory, timeoutMs: number): KnownFrom {
  const { stops } = history;
  if (expected(history, timeoutMs)?.killed !== true) return { learned: measured(history).length };
  return { learned: 0, killed: stops.filter((stop) => stop.killed).length, known: stops.length };
}

/** What people want to know of the stops that were; undefined: there were none. */
export function stopTimes(history: GuestHistory): StopTimes | undefined {
  const { stops } = history;
  const last = stops.at(-1);
  if (last === undefined) return undefined;
  const killed = stops.filter((stop) => stop.killed).length;
  const mostMs = expected(history, 0)?.ms ?? last.tookMs;
  return { count: stops.length, killed, lastMs: last.tookMs, mostMs };
}

// Who had to be killed needs all its time.
function expected(history: GuestHistory, timeoutMs: number) {
  const each = measured(history).map(({ tookMs, killed }) => ({
    killed,
    ms: killed ? Math.max(tookMs, timeoutMs) : tookMs,
  }));
  each.sort((one, other) => one.ms - other.ms);
  return each[Math.ceil(0.95 * each.length) - 1];
}

function measured({ stops }: GuestHistory): readonly PastStop[] {
  return stops.filter(({ isNoMeasure }) => !isNoMeasure);
}
