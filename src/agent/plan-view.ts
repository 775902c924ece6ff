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
  if (record.guest.instance === undefined) return { guest, actions: [], refusals: [] };
  const opened = await openGuest(world, record);
  if (!opened.ok) return { guest, actions: [], refusals: record.refusals };
  const copy = { ...record, sight: undefined };
  const planned = await planNow(world, copy);
  // The executor watches for the copy now.
  if (copy.watched !== record.watched) record.watched = '';
  if (!planned.ok) return { guest, actions: [], refusals: record.refusals };
  return { guest, actions: planned.value.actions, refusals: planned.value.refusals };
}
