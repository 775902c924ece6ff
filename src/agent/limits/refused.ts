import { withMore } from '../../limits/hits.ts';
import { MOST_VICTIMS, type Victim } from '../../model/alert.ts';
import type { World } from '../world.ts';
import { leaveUntold } from './hits.ts';
import type { LimitRecord } from './record.ts';

/** The kernel refused memory so often to this process of the guest, and to others of it. There is no counter of that. */
export function noteRefused(
  { ports: { clock } }: Pick<World, 'ports'>,
  record: LimitRecord,
  { pid, command, count }: Victim & { readonly count: number },
): void {
  const more = { data: count };
  record.ledger = { ...record.ledger, hits: withMore(record.ledger.hits, more, clock.calendar()) };
  leaveUntold(record, more);
  record.refused = [...record.refused.filter((known) => known.pid !== pid), { pid, command }].slice(-MOST_VICTIMS);
}
