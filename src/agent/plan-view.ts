import type { PlanView } from '../ports/agent.ts';
import { openGuest } from './open.ts';
import { planNow } from './pass.ts';
import type { GuestRecord, World } from './world.ts';

/**
 * What a pass would do now, asked for between two passes. The guest is opened for it where it was not; else nothing is changed,
 * in it or in what is remembered of it: a question begins no waiting and ends none.
 */
export function planView(world: World, record: GuestRecord): Promise<PlanView> {
  return world.queue.between(record.guest.name, () => look(world, record));
}

async function look(world: World, record: GuestRecord): Promise<PlanView> {
  const guest = record.guest.name;
  if (record.guest.instance === undefined) return { guest, actions: [], limits: [], refusals: [] };
  const limits = world.limiter.plan(guest);
  const refused = world.limiter.refusals(guest);
  const opened = await openGuest(world, record);
  if (!opened.ok) return { guest, actions: [], limits, refusals: [...record.refusals, ...refused] };
  const copy = { ...record, sight: undefined };
  const planned = await planNow(world, copy);
  // The executor watches for the copy now.
  if (copy.watched !== record.watched) record.watched = '';
  if (!planned.ok) return { guest, actions: [], limits, refusals: [...record.refusals, ...refused] };
  return { guest, actions: planned.value.actions, limits, refusals: [...planned.value.refusals, ...refused] };
}
