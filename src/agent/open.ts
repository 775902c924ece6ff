import { adopted } from '../devices/ledger.ts';
import type { Answer, OpenedGuest } from '../ports/executor.ts';
import { keepsGrants } from './kept-grants.ts';
import { forgetSight } from './sight.ts';
import { doubtGrants } from './verify.ts';
import { emptyLedger, type GuestRecord, type World } from './world.ts';

/** Makes sure that the executor holds the guest's present start open, and that the ledger is of that start. */
export async function openGuest(world: World, record: GuestRecord): Promise<Answer<OpenedGuest>> {
  if (record.opened !== undefined && !record.deaf) return { ok: true, value: record.opened };
  const { guest } = record;
  if (guest.instance === undefined)
    return { ok: false, failed: { errno: 'ESRCH', call: 'guest', subject: guest.name } };
  const answer = await world.ports.executor.open(guest.name, guest.instance);
  if (!answer.ok) return answer;
  record.opened = answer.value;
  record.suspect = false;
  record.names = undefined;
  forgetSight(record);
  record.watched = '';
  record.deaf = false;
  record.frozenUntil = 0;
  record.kept = undefined;
  adoptLedger(world, record);
  return answer;
}

/** The ledger of the present start. What was written of another one describes nodes that ended with it, but for what systemd keeps. */
export function adoptLedger({ ports: { store } }: World, record: GuestRecord): void {
  const empty = emptyLedger(record.guest.instance);
  if (record.ledger.instance === empty.instance) return;
  const stored = store.ledger(record.guest.name);
  const kept = keepsGrants(record.guest) ? (stored?.grants ?? []) : [];
  record.ledger = stored?.instance === empty.instance ? { ...empty, ...adopted(stored) } : { ...empty, grants: kept };
  record.untold = new Map();
  record.settling = new Map();
  record.denied = new Map();
  doubtGrants(record);
}
