import { type GuestHistory, NO_HISTORY } from '../../model/guest-history.ts';
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
