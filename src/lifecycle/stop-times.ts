import type { GuestHistory, PastStop, StopTimes } from '../model/guest-history.ts';

const REMEMBERED = 20;

export function withStop(history: GuestHistory, stop: PastStop): GuestHistory {
  return { ...history, stops: [...history.stops, stop].slice(-REMEMBERED) };
}

/** How long a stop of the guest takes at most, 19 times of 20 by what was seen; its timeout where too little was. */
export function expectedStopMs(history: GuestHistory, timeoutMs: number): number {
  const stops = measured(history);
  if (stops.length === 0) return timeoutMs;
  const sorted = stops.map(({ tookMs, killed }) => (killed ? Math.max(tookMs, timeoutMs) : tookMs));
  sorted.sort((one, other) => one - other);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? timeoutMs;
}

/** What people want to know of the stops that were; undefined: there were none. */
export function stopTimes(history: GuestHistory): StopTimes | undefined {
  const { stops } = history;
  const last = stops.at(-1);
  if (last === undefined) return undefined;
  const killed = stops.filter((stop) => stop.killed).length;
  const mostMs = measured(history).length === 0 ? last.tookMs : expectedStopMs(history, 0);
  return { count: stops.length, killed, lastMs: last.tookMs, mostMs };
}

function measured({ stops }: GuestHistory): readonly PastStop[] {
  return stops.filter(({ isNoMeasure }) => !isNoMeasure);
}
