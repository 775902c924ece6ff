import type { StartsState } from '../../model/start.ts';
import type { World } from '../world.ts';

/** As the next agent can take them up. */
export function keepStarts({ ports, report }: World, starts: Omit<StartsState, 'bootId'>): void {
  const { clock, store } = ports;
  for (const refusal of store.saveStarts({ bootId: clock.bootId, ...starts })) report.refusal(refusal);
}
