import type { PlanView } from '../../ports/agent.ts';
import { target } from '../ask.ts';
import { isEmpty, planLines } from '../plan-lines.ts';
import { reading } from '../reading.ts';

export const plan = reading<readonly PlanView[]>(
  ({ args: [guest] }) => target('/v1/plan', { guest }),
  (plans, { terminal }) => {
    terminal.print(...plans.flatMap(planLines));
    if (plans.every(isEmpty)) terminal.say('nothing to do');
  },
  (plans, { options }) => (options['exit-code'] && !plans.every(isEmpty) ? 3 : 0),
);
