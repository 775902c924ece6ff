import type { GuestView } from '../ports/agent.ts';
import type { Span } from './terminal.ts';

const colours = { running: 'green', stopped: 'dim', suspect: 'red' } as const;

/** `running`, or `running*` while something is still to be done in it. */
export function guestState(guest: Pick<GuestView, 'state' | 'converged'>): Span {
  return guest.converged
    ? { text: guest.state, colour: colours[guest.state] }
    : { text: `${guest.state}*`, colour: guest.state === 'suspect' ? 'red' : 'yellow' };
}
