import type { Refusal } from '../model/failure.ts';
import { meantText } from '../model/meant.ts';
import type { AgentControl } from '../ports/agent.ts';

/** There is none of that name; one that is nearly called so is told. */
export function noGuest(agent: AgentControl, guest: string): { readonly refusal: Refusal } {
  const names = agent.guests().map(({ name }) => name);
  const detail = meantText(guest, names);
  return { refusal: { code: 'E_NO_GUEST', subject: guest, ...(detail !== '' && { detail }) } };
}
