import type { GuestView } from '../ports/agent.ts';
import type { Span } from './terminal.ts';

const doing = {
  waiting: 'yellow',
  held: 'yellow',
  starting: 'yellow',
  late: 'yellow',
  ready: 'green',
  failed: 'red',
  stopping: 'yellow',
  restarting: 'yellow',
  quarantined: 'red',
} as const;

const colours = { running: 'green', stopped: 'dim', suspect: 'red' } as const;

/** What is done with it, else `running`, or `running*` while something is still to be done in it. */
export function guestState(guest: Pick<GuestView, 'state' | 'converged' | 'life'>): Span {
  const now = guest.life?.doing;
  if (now !== undefined) return { text: now, colour: doing[now] };
  return guest.converged
    ? { text: guest.state, colour: colours[guest.state] }
    : { text: `${guest.state}*`, colour: guest.state === 'suspect' ? 'red' : 'yellow' };
}
