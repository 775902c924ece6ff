import type { PlanView } from '../../ports/agent.ts';
import { target } from '../ask.ts';
import type { Run } from '../command.ts';
import { isEmpty, planLines } from '../plan-lines.ts';
import { reading } from '../reading.ts';
import { planShutdown } from '../shutdown-lines.ts';

export const plan: Run = (invocation) => {
  const { args, options, terminal } = invocation;
  if (args[0] === 'shutdown') return planShutdown(invocation);
  if (options.budget === undefined) return planGuests(invocation);
  const detail = 'it is for hostler plan shutdown';
  return Promise.resolve(terminal.fail({ code: 'E_USAGE', subject: '--budget', detail }));
};

const planGuests = reading<readonly PlanView[]>(
  ({ args: [guest] }) => target('/v1/plan', { guest }),
  (plans, { terminal }) => {
    terminal.print(...plans.flatMap(planLines));
    if (plans.every(isEmpty)) terminal.say('nothing to do');
  },
  (plans, { options }) => (options['exit-code'] && !plans.every(isEmpty) ? 3 : 0),
);
