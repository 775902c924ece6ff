import { policyOf } from '../../limits/policy-of.ts';
import { lifeOf } from '../stopping.ts';
import type { World } from '../world.ts';
import { type LimitRecord, NOTHING_UNTOLD } from './record.ts';

/** The agent ends: hits that wait for the name of who was killed are told now or never. */
export function tellAtEnd(world: World, records: ReadonlyMap<string, LimitRecord>): void {
  for (const [guest, record] of records) {
    const {
      victims,
      refused,
      untold: { hits },
    } = record;
    record.untold = NOTHING_UNTOLD;
    if (Object.keys(hits).length === 0) continue;
    world.alerts.take(
      guest,
      { levels: {}, hits, guest: lifeOf(world, guest), victims, refused },
      policyOf(world.config, guest)?.alerts,
    );
  }
}
