import { isOver, planStop, type StopPlan } from '../../lifecycle/stop.ts';
import type { Refusal } from '../../model/failure.ts';
import type { StopState } from '../../model/stop.ts';
import type { Failed } from '../../ports/executor.ts';
import { claimedBy } from '../failed.ts';
import type { World } from '../world.ts';
import { observeStop } from './observe-stop.ts';
import { performStop } from './perform-stop.ts';
import { actionText, blockersText, phaseText } from './stop-text.ts';
import type { StoppingGuest } from './stopping-guest.ts';

/** One look at a guest that is being stopped, and what follows from it. Answers when to look again, in monotonic milliseconds. */
export async function stopPass(
  world: World,
  guest: string,
  stopping: StoppingGuest,
  again: () => void,
): Promise<number | undefined> {
  const { clock } = world.ports;
  const { cgroupId, ...observed } = await observeStop(world, guest, stopping);
  const before = stopping.state;
  const plan = planStop({ ...before, cgroupId: before.cgroupId || (cgroupId ?? '') }, observed, clock.sinceBoot());
  stopping.state = plan.state;
  keep(world, guest, stopping);
  tell(world, guest, before, plan);
  for (const action of plan.actions) {
    const answer = await performStop(world, guest, stopping, action, again);
    if (!answer.ok) failed(world, guest, stopping, action.verb, answer.failed);
  }
  if (isOver(plan.state) && plan.state.phase !== before.phase) tellEnd(world, guest, stopping, before);
  return plan.wakeAt === undefined ? undefined : clock.now() + Math.max(0, plan.wakeAt - clock.sinceBoot());
}

// Whoever takes the stop up knows of everything that may have been done.
function keep({ ports, report }: World, guest: string, { state, told }: StoppingGuest): void {
  for (const refusal of ports.store.saveStop(guest, state)) tellOnce(report.refusal, guest, told, refusal);
}

function tell({ report }: World, guest: string, before: StopState, { state, actions }: StopPlan): void {
  const says = (action: string, text: string | undefined) => {
    if (text !== undefined) report.fact({ kind: 'stop', guest, action, says: `${guest}: ${text}` });
  };
  const isEntered = state.phase !== before.phase && !isOver(state);
  if (isEntered) says(state.phase, phaseText(state, state.phase));
  for (const action of actions) says(state.phase, actionText(state, action));
}

function tellEnd({ report }: World, guest: string, { state, blockers }: StoppingGuest, before: StopState): void {
  const detail = blockersText(blockers);
  if (state.phase === 'wedged') report.refusal({ code: 'E_WEDGED', subject: guest, detail }, { guest });
  else if (state.kills.count > 0 && before.phase !== 'wedged')
    report.refusal({ code: 'W_KILLED', subject: guest, detail }, { guest });
  const says = `${guest}: ${phaseText(state, state.phase)}`;
  report.fact({ kind: 'stop', guest, action: state.phase, says });
}

function failed({ report }: World, guest: string, { told }: StoppingGuest, verb: string, failure: Failed): void {
  if (failure.call === 'guest' || failure.call === 'executor') return; // it has ended, or is looked at again
  const detail = `${verb}: ${failure.call} ${failure.errno}${failure.subject === '' ? '' : ` ${failure.subject}`}`;
  tellOnce(report.refusal, guest, told, claimedBy(guest, failure) ?? { code: 'E_STOP', subject: guest, detail });
}

function tellOnce(report: World['report']['refusal'], guest: string, told: Set<string>, refusal: Refusal): void {
  const text = JSON.stringify(refusal);
  if (!told.has(text)) report(refusal, { guest });
  told.add(text);
}
