import { problemText } from '../../config/problem-text.ts';
import type { ReloadView } from '../../ports/agent.ts';
import { writing } from '../reading.ts';

export const reload = writing<ReloadView>(
  () => '/v1/reload',
  ({ problems, rules }, { terminal }) => {
    for (const problem of problems) terminal.complain(problemText(problem));
    if (problems.length > 0)
      terminal.complain({ text: 'not taken over; the last good configuration stays in force', colour: 'red' });
    else terminal.say(`taken over; rules: ${rules.added} added, ${rules.changed} changed, ${rules.removed} removed`);
  },
  ({ problems }) => (problems.length > 0 ? 65 : 0),
);
