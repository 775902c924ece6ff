import type { GuestView } from '../../ports/agent.ts';
import { guestState } from '../guest-state.ts';
import { reading } from '../reading.ts';
import { columns } from '../table.ts';
import type { Span } from '../terminal.ts';

const names = ['NAME', 'STATE', 'DEVICES', 'POLICY', 'NODES', 'PROBLEMS'];

export const list = reading<readonly GuestView[]>(
  () => '/v1/guests',
  (guests, { options, terminal }) => {
    terminal.print(...columns(options['no-legend'] ? [] : names, guests.map(row)));
    if (guests.length === 0) terminal.say('no guests on this host');
  },
);

function row(guest: GuestView): readonly Span[] {
  const devices = new Set(guest.nodes.map((node) => node.device)).size;
  const problems = guest.refusals.length;
  return [
    guest.name,
    guestState(guest),
    String(devices),
    guest.policy ?? '-',
    String(guest.nodes.length),
    problems === 0 ? '0' : { text: String(problems), colour: 'red' },
  ];
}
