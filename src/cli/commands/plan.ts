import { meantText } from '../../model/meant.ts';
import type { PlanView } from '../../ports/agent.ts';
import { target } from '../ask.ts';
import type { Run } from '../command.ts';
import { isEmpty, planLines } from '../plan-lines.ts';
import { reading } from '../reading.ts';
import { planShutdown } from '../shutdown-lines.ts';
import type { Terminal } from '../terminal.ts';

const SHUTDOWN = 'shutdown';

export const plan: Run = (invocation) => {
  const { args, options, terminal } = invocation;
  if (args[0] === SHUTDOWN) return planShutdown(invocation);
  if (options.budget === undefined) return planGuests({ ...invocation, terminal: guessing(terminal) });
  const detail = 'it is for hostler plan shutdown';
  return Promise.resolve(terminal.fail({ code: 'E_USAGE', subject: '--budget', detail }));
};

// The word stands where a guest may: only the agent knows that it is no guest's name.
function guessing(terminal: Terminal): Terminal {
  return {
    ...terminal,
    fail(refusal) {
      const meant = refusal.code === 'E_NO_GUEST' ? meantText(refusal.subject, [SHUTDOWN]) : '';
      return terminal.fail(meant === '' ? refusal : { ...refusal, detail: meant });
    },
  };
}

const planGuests = reading<readonly PlanView[]>(
  ({ args: [guest] }) => target('/v1/plan', { guest }),
  (plans, { terminal }) => {
    terminal.print(...plans.flatMap(planLines));
    if (plans.every(isEmpty)) terminal.say('nothing to do');
  },
  (plans, { options }) => (options['exit-code'] && !plans.every(isEmpty) ? 3 : 0),
);
