import { endedBadly } from '../../lifecycle/ended-badly.ts';
import { isKilledAtOnce } from '../../lifecycle/killed-at-once.ts';
import { withEvidence } from '../../lifecycle/last-evidence.ts';
import { expectedStopMs, withStop } from '../../lifecycle/stop-times.ts';
import { type GuestHistory, NO_HISTORY, type PastStop } from '../../model/guest-history.ts';
import type { StopState } from '../../model/stop.ts';
import { backoffMs } from '../backoff.ts';
import type { World } from '../world.ts';
import { calendarMs } from './calendar-ms.ts';
import { stopOf } from './settings-of.ts';
import type { StoppingGuest } from './stopping-guest.ts';

export function historyOf({ ports: { store }, histories }: World, guest: string): GuestHistory {
  const known = histories.get(guest) ?? store.history(guest) ?? NO_HISTORY;
  histories.set(guest, known);
  return known;
}

/** Also where it cannot be stored now: then that is tried again until it can. */
export function keepHistory(world: World, guest: string, history: GuestHistory): void {
  const { ports, report, histories, unsavedHistories } = world;
  if (histories.get(guest) === history) return;
  histories.set(guest, history);
  const refusals = ports.store.saveHistory(guest, history);
  for (const refusal of refusals) report.refusal(refusal, { guest });
  if (refusals.length === 0 || unsavedHistories.has(guest)) return;
  unsavedHistories.add(guest);
  saveLater(world, guest, 1);
}

// An old one on disk is not only old: the next agent goes on with an end that was told long ago, or with a quarantine that is over.
function saveLater(world: World, guest: string, tries: number): void {
  const { clock, store } = world.ports;
  clock.wake(clock.now() + backoffMs(tries), () => {
    if (store.saveHistory(guest, historyOf(world, guest)).length > 0) return saveLater(world, guest, tries + 1);
    world.unsavedHistories.delete(guest);
    if (!world.records.has(guest)) forgetHistory(world, guest);
  });
}

/** Of a guest that is gone: it is stored, and may be back. */
export function forgetHistory({ histories, unsavedHistories }: World, guest: string): void {
  if (!unsavedHistories.has(guest)) histories.delete(guest);
}

/** A guest that comes back after that time begins anew. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Forgets guests that are gone for long and that no file names: some have a new name each time. */
export function forgetOldHistories(world: World): void {
  const { ports, records, config } = world;
  const named = config.guests.map(({ guest }) => guest);
  ports.store.removeHistories(calendarMs(world) - KEPT_MS, new Set([...records.keys(), ...named]));
}

/** How long a stop of the guest takes, in milliseconds, as far as is known. */
export function expectedMs(world: World, guest: string): number {
  return expectedStopMs(historyOf(world, guest), stopOf(world, guest).timeoutMs);
}

/** How long a stop took that has ended. What was killed at once tells nothing of how long a halt takes. */
export function rememberStop(world: World, guest: string, { state, isSeen }: StoppingGuest): void {
  const { askedAt, since, kills, wasWedged } = state;
  if (isKilledAtOnce(state)) return;
  const stop: PastStop = {
    at: calendarMs(world),
    tookMs: Math.max(0, since - askedAt),
    killed: kills.count > 0,
    ...(endedBadly(state) && { endedBadly: true }),
    ...((wasWedged || !isSeen) && { isNoMeasure: true }),
  };
  keepHistory(world, guest, withStop(historyOf(world, guest), stop));
}

/** Who had to be killed, so that it can be read when all is over. */
export function rememberEvidence(world: World, guest: string, state: StopState): void {
  const at = calendarMs(world);
  keepHistory(world, guest, withEvidence(historyOf(world, guest), state, at));
}
