import type { GuestHistory, LastEvidence } from '../model/guest-history.ts';
import type { StopState } from '../model/stop.ts';

/** With who ran in it when that stop had to end them; the same where it had not. */
export function withEvidence(history: GuestHistory, state: StopState, at: number): GuestHistory {
  const { phase, isLeft, kills, blockers = [], blockerCount: count = blockers.length } = state;
  if (count === 0 || (kills.count === 0 && !isLeft)) return history;
  const why: LastEvidence['why'] = phase === 'wedged' ? 'wedged' : isLeft ? 'left' : 'killed';
  return { ...history, evidence: { at, why, count, processes: blockers } };
}
