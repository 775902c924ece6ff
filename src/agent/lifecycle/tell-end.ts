import { endedBadly } from '../../lifecycle/ended-badly.ts';
import { isKilledAtOnce } from '../../lifecycle/killed-at-once.ts';
import type { StopState } from '../../model/stop.ts';
import type { World } from '../world.ts';
import { blockersText } from './blockers-text.ts';
import { phaseText } from './stop-text.ts';

/** What became of a stop, with what was in its way. */
export function tellEnd({ report }: World, guest: string, state: StopState, before: StopState): void {
  const detail = blockersText(state.blockers ?? [], state.blockerCount);
  const refusal = (code: 'E_WEDGED' | 'W_KILLED' | 'W_LEFT') =>
    report.refusal({ code, subject: guest, detail }, { guest });
  if (state.phase === 'wedged') refusal('E_WEDGED');
  else if (before.phase === 'wedged') undefined;
  else if (state.isLeft) refusal('W_LEFT');
  else if (state.kills.count > 0 && !isKilledAtOnce(state)) refusal('W_KILLED');
  const severity = severityOf(state);
  report.fact({
    kind: 'stop',
    severity,
    guest,
    action: state.phase,
    says: `${guest}: ${phaseText(state, state.phase)}`,
  });
}

/** It was not to be found any more before its stop was over. */
export function tellWithdrawn({ report }: World, guest: string, state: StopState): void {
  const hasEnded = state.endedAt !== undefined;
  const says = hasEnded ? phaseText(state, 'stopped') : 'is not on this host any more, and its stop is given up';
  const severity = severityOf(state);
  const action = hasEnded ? 'stopped' : 'withdrawn';
  report.fact({ kind: 'stop', severity, guest, action, says: `${guest}: ${says}` });
}

// Who waits for it is told by this, and ends with 1.
function severityOf(state: StopState): 'info' | 'warning' {
  return endedBadly(state) ? 'warning' : 'info';
}
