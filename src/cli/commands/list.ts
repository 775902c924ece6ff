import type { ListedView } from '../../ports/agent.ts';
import { guestState } from '../guest-state.ts';
import { reading } from '../reading.ts';
import { columns } from '../table.ts';
import type { Span } from '../terminal.ts';
import { usageCells } from '../usage-text.ts';

const names = ['NAME', 'STATE', 'PROC', 'VSZ', 'RSS', 'USER', 'SYSTEM', 'TOKENS', 'UPTIME', 'DEVICES', 'PROBLEMS'];

export const list = reading<readonly ListedView[]>(
  () => '/v1/list',
  (listed, { options, terminal }) => {
    terminal.print(...columns(options['no-legend'] ? [] : names, listed.map(row)));
    if (listed.every(({ runtime }) => runtime === 'host')) terminal.say('no guests on this host');
  },
);

function row(listed: ListedView): readonly Span[] {
  const devices = new Set(listed.nodes.map((node) => node.device)).size;
  const problems = listed.refusals.length;
  return [
    listed.name,
    guestState(listed),
    ...usageCells(listed),
    listed.runtime === 'host' ? '-' : String(devices),
    problems === 0 ? '0' : { text: String(problems), colour: 'red' },
  ];
}
