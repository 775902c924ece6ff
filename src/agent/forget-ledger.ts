import { processKey } from '../model/process-key.ts';
import { mayRun } from './may-run.ts';
import { doubtGuest } from './permissions.ts';
import { takeBack } from './take-back.ts';
import type { GuestRecord, World } from './world.ts';

/**
 * Removes what is written of a guest that nobody knows any more, unless somebody will need it: its configuration alone may be
 * away, and what is ours in it is not unknown when that is back; and what systemd keeps with a service and could not be taken
 * back is there again in the service's next start.
 */
export async function forgetLedger(world: World, { guest }: GuestRecord): Promise<void> {
  const { host, store } = world.ports;
  const { instance } = guest;
  if (instance !== undefined && (await mayRun(host, instance.cgroup, processKey(instance)))) return;
  if (world.records.has(guest.name)) return; // it has come back, or another one of its name
  const taken = await takeBack(world, guest.name);
  const next = world.records.get(guest.name);
  // It was started again while that was under way, and may have lost what it had been given by then.
  if (next !== undefined) doubtGuest(world, next);
  else if (taken === 'done') store.removeLedger(guest.name);
}
