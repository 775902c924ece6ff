import type { PlanView } from '../../ports/agent.ts';
import { target } from '../ask.ts';
import { isEmpty, isRefused, planLines } from '../plan-lines.ts';
import { writing } from '../reading.ts';

export const apply = writing<readonly PlanView[]>(
  ({ args: [guest], options: { force } }) => target('/v1/apply', { guest, ...(force && { force: '1' }) }),
  (done, { terminal }) => {
    terminal.print(...done.flatMap(planLines));
    if (done.every(isEmpty)) terminal.say('nothing was to do');
  },
  (done) => (done.some(isRefused) ? 1 : 0),
);
