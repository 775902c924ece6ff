import type { HostEvent } from '../ports/host.ts';
import { forgetSight } from './sight.ts';
import { doubtGrants } from './verify.ts';
import type { World } from './world.ts';

/** systemd makes its device programs anew some time after it said that it is done: it is looked at twice. */
const LATER_MS = 1000;

/** Somebody else may have changed what guests may open: what is granted is looked at and tried again. */
export function doubtPermissions(world: World): void {
  for (const record of world.records.values()) {
    if (record.guest.instance === undefined) continue;
    forgetSight(record);
    doubtGrants(record);
    world.queue.add(record.guest.name);
  }
}

/** After a reload, and when it is back after it was run anew. */
export function systemdDid(world: World, state: Extract<HostEvent, { kind: 'systemd' }>['state']): void {
  if (state !== 'reloaded' && state !== 'up') return;
  world.counters.add('systemd_reloads_total');
  const { clock } = world.ports;
  doubtPermissions(world);
  clock.wake(clock.now() + LATER_MS, () => doubtPermissions(world));
}
