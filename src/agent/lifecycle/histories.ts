import { withEvidence } from '../../lifecycle/last-evidence.ts';
import { withStop } from '../../lifecycle/stop-times.ts';
import { type GuestHistory, NO_HISTORY } from '../../model/guest-history.ts';
import type { StopState } from '../../model/stop.ts';
import type { World } from '../world.ts';

export function historyOf({ ports: { store }, histories }: World, guest: string): GuestHistory {
  const known = histories.get(guest) ?? store.history(guest) ?? NO_HISTORY;
  histories.set(guest, known);
  return known;
}

/** Also where it cannot be stored now: then it is stored with the next change. */
export function keepHistory(
  { ports: { store }, report, histories }: World,
  guest: string,
  history: GuestHistory,
): void {
  if (histories.get(guest) === history) return;
  histories.set(guest, history);
  for (const refusal of store.saveHistory(guest, history)) report.refusal(refusal, { guest });
}

/** A guest that comes back after that time begins anew. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Forgets guests that are gone for long and that no file names: some have a new name each time. */
export function forgetOldHistories({ ports: { clock, store }, records, config }: World): void {
  const named = config.guests.map(({ guest }) => guest);
  store.removeHistories(Date.parse(clock.calendar()) - KEPT_MS, new Set([...records.keys(), ...named]));
}

/** How long a stop took that has ended. What was killed at once tells nothing of how long a halt takes. */
export function rememberStop(world: World, guest: string, { askedAt, since, kills, settings }: StopState): void {
  if (settings.timeoutMs === 0) return;
  const at = Date.parse(world.ports.clock.calendar());
  const stop = { at, tookMs: Math.max(0, since - askedAt), killed: kills.count > 0 };
  keepHistory(world, guest, withStop(historyOf(world, guest), stop));
}

/** Who had to be killed, so that it can be read when all is over. */
export function rememberEvidence(world: World, guest: string, state: StopState): void {
  const at = Date.parse(world.ports.clock.calendar());
  keepHistory(world, guest, withEvidence(historyOf(world, guest), state, at));
}
