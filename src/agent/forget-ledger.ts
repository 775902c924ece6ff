import type { Guest } from '../model/guest.ts';
import type { Host } from '../ports/host.ts';
import { forgetSight } from './sight.ts';
import { takeBack } from './take-back.ts';
import { doubtGrants } from './verify.ts';
import type { GuestRecord, World } from './world.ts';

/**
 * Removes what is written of a guest that nobody knows any more, unless somebody will need it: its configuration alone may be
 * away, and what is ours in it is not unknown when that is back; and what systemd keeps with a service and could not be taken
 * back is there again in the service's next start.
 */
export async function forgetLedger(world: World, { guest }: GuestRecord): Promise<void> {
  const { host, store } = world.ports;
  if (await mayRun(host, guest)) return;
  if (world.records.has(guest.name)) return; // it has come back, or another one of its name
  const taken = await takeBack(world, guest.name);
  const next = world.records.get(guest.name);
  if (next !== undefined) lookAgain(world, next);
  else if (taken === 'done') store.removeLedger(guest.name);
}

// It was started again while that was under way, and may have lost what it had been given by then.
function lookAgain(world: World, record: GuestRecord): void {
  forgetSight(record);
  record.kept = undefined;
  doubtGrants(record);
  world.queue.add(record.guest.name);
}

async function mayRun(host: Host, { instance }: Guest): Promise<boolean> {
  if (instance === undefined) return false;
  const inits = await host.inits(instance.cgroup);
  if (!inits.ok) return inits.failed.errno !== 'ENOENT';
  return inits.value.some(({ pid, startTime }) => pid === instance.pid && startTime === instance.startTime);
}
