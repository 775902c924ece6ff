import type { AlertRecord } from '../model/alert.ts';
import { isRaised } from './alert-phase.ts';

/** So many changes in so long a time, and it is told once that it comes and goes. */
export const FLAPS = 5;
export const FLAPS_WITHIN_MS = 15 * 60_000;
/** Until nothing has changed for so long. */
export const CALM_MS = 5 * 60_000;

/** The record with its changes between fine and raised counted. */
export function withFlaps(before: AlertRecord, after: AlertRecord, now: number): AlertRecord {
  const hasChanged = isRaised(before.phase) !== isRaised(after.phase);
  const recent = before.transitions.filter((at) => now - at < FLAPS_WITHIN_MS);
  const transitions = (hasChanged ? [...recent, now] : recent).slice(-FLAPS);
  if (!before.flaps) return { ...after, transitions, flaps: transitions.length >= FLAPS };
  const flaps = calmAt({ transitions }) > now;
  return { ...after, transitions: flaps ? transitions : [], flaps };
}

/** When what flaps is calm again if nothing changes. */
export function calmAt({ transitions }: Pick<AlertRecord, 'transitions'>): number {
  return (transitions.at(-1) ?? 0) + CALM_MS;
}
