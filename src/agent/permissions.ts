import type { HostEvent } from '../ports/host.ts';
import { paced } from './paced.ts';
import { forgetSight } from './sight.ts';
import { doubtGrants } from './verify.ts';
import type { World } from './world.ts';

/** Somebody else may have changed what guests may open. */
export interface Permissions {
  /** What is granted is looked at and tried again: soon, and however often somebody has to be suspected, not all the time. */
  doubt(): void;
  /** After a reload, and when it is back after it was run anew. */
  systemdDid(state: Extract<HostEvent, { kind: 'systemd' }>['state']): void;
}

/** systemd makes its device programs anew some time after it said that it is done: it is looked at twice. */
const LATER_MS = 1000;

/** Any user of the host may run the tools of a runtime in a loop, and to try a grant takes milliseconds. */
const REST_MS = 1000;

export function permissions(world: World): Permissions {
  const { clock } = world.ports;
  const doubt = paced(clock, REST_MS, () => doubtAll(world));
  return {
    doubt,
    systemdDid(state) {
      if (state !== 'reloaded' && state !== 'up') return;
      world.counters.add('systemd_reloads_total');
      doubt();
      clock.wake(clock.now() + LATER_MS, doubt);
    },
  };
}

function doubtAll(world: World): void {
  for (const record of world.records.values()) {
    if (record.guest.instance === undefined) continue;
    forgetSight(record);
    record.kept = undefined;
    doubtGrants(record);
    world.queue.add(record.guest.name);
  }
}
