import { failures, failureText } from '../model/failure.ts';
import type { PlanView } from '../ports/agent.ts';
import type { PlannedWrite } from '../ports/limits-view.ts';
import { actionText } from './action-text.ts';
import type { Line } from './terminal.ts';

/** A guest's name and below it what is done and what is refused; nothing for a guest without either. */
export function planLines(plan: PlanView): readonly Line[] {
  if (isEmpty(plan)) return [];
  return [
    { text: plan.guest, colour: 'bold' },
    ...plan.actions.map((action): Line => ['  ', actionText(action)]),
    ...plan.limits.map((write): Line => ['  ', `~ ${write.file} ${write.held} -> ${write.value}${above(write)}`]),
    ...plan.refusals.map((refusal): Line => ['  ', { text: `! ${failureText(refusal)}`, colour: 'red' }]),
  ];
}

function above({ why }: PlannedWrite): string {
  return why === undefined ? '' : `; hostler gives what is above: ${why}`;
}

export function isEmpty(plan: PlanView): boolean {
  return plan.actions.length === 0 && plan.limits.length === 0 && plan.refusals.length === 0;
}

/** Whether a wish could not be met; a warning is no failure. */
export function isRefused(plan: PlanView): boolean {
  return plan.refusals.some((refusal) => failures[refusal.code].severity === 'error');
}
