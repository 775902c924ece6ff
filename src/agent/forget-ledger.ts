import type { Guest } from '../model/guest.ts';
import type { Host } from '../ports/host.ts';
import type { GuestRecord, World } from './world.ts';

/**
 * Removes what is written of a guest that nobody knows any more, unless somebody will need it: its configuration alone may be
 * away, and what is ours in it is not unknown when that is back; and what systemd keeps with a service is there again in the
 * service's next start.
 */
export async function forgetLedger(world: World, { guest, isService }: GuestRecord): Promise<void> {
  const { host, store } = world.ports;
  if (await mayRun(host, guest)) return;
  if (world.records.has(guest.name)) return; // it has come back, or another one of its name
  const grants = isService ? (store.ledger(guest.name)?.grants ?? []) : [];
  if (grants.length === 0) store.removeLedger(guest.name);
}

async function mayRun(host: Host, { instance }: Guest): Promise<boolean> {
  if (instance === undefined) return false;
  const inits = await host.inits(instance.cgroup);
  if (!inits.ok) return inits.failed.errno !== 'ENOENT';
  return inits.value.some(({ pid, startTime }) => pid === instance.pid && startTime === instance.startTime);
}
