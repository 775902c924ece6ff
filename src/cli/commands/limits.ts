import type { LimitsView } from '../../ports/limits-view.ts';
import { target } from '../ask.ts';
import { limitCells } from '../limit-text.ts';
import { reading } from '../reading.ts';
import { columns } from '../table.ts';

const names = ['GUEST', 'POLICY', 'RESOURCE', 'HELD', 'MAX HELD', 'BARRIER', 'LIMIT', 'HITS'];

export const limits = reading<readonly LimitsView[]>(
  ({ args: [guest] }) => target('/v1/limits', { guest }),
  (found, { options, terminal }) => {
    terminal.print(...columns(options['no-legend'] ? [] : names, found.flatMap(limitCells)));
    if (found.length === 0) terminal.say('no guests on this host');
  },
);
