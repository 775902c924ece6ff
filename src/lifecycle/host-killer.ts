import type { GuestHistory } from '../model/guest-history.ts';

/** A guest whose start the host outlived for so long has not killed it. */
export const FIRST_MOMENTS_MS = 60_000;
const TOO_MANY = 2;

/**
 * Of guests that are to start with the host, the one that may be why it died again and again: the last that was started, each
 * time when the host died. One in each start of the host: where it was another one, that is found the next time.
 */
export function hostKiller(histories: ReadonlyMap<string, GuestHistory>, bootId: string): string | undefined {
  const suspects = [...histories].filter(
    ([, { hostDeaths }]) => hostDeaths?.bootId === bootId && hostDeaths.count >= TOO_MANY,
  );
  if (suspects.some(([, { isQuarantined }]) => isQuarantined)) return undefined;
  const [last] = suspects.toSorted(([, one], [, other]) => (other.startedAt ?? 0) - (one.startedAt ?? 0));
  return last?.[0];
}

export function heldForTheHost(history: GuestHistory): GuestHistory {
  return { ...history, isQuarantined: true, quarantinedFor: { hostDeaths: history.hostDeaths?.count ?? TOO_MANY } };
}
