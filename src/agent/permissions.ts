import type { HostEvent } from '../ports/host.ts';
import { doubtAnswers } from './grants.ts';
import { paced } from './paced.ts';
import { forgetSight } from './sight.ts';
import { doubtGrants } from './verify.ts';
import type { GuestRecord, World } from './world.ts';

/** Somebody else may have changed what guests may open. */
export interface Permissions {
  /** What is granted is looked at and tried again: soon, and however often somebody has to be suspected, not all the time. */
  doubt(): void;
  /** The same of one guest. */
  doubtOf(guest: string): void;
  /** From now on those that were granted something are doubted every so many milliseconds. */
  doubtEvery(ms: number): void;
  /** After a reload, and when it is back after it was run anew. */
  systemdDid(state: Extract<HostEvent, { kind: 'systemd' }>['state']): void;
}

/** systemd makes its device programs anew some time after it said that it is done: it is looked at twice. */
const LATER_MS = 1000;

/** Any user of the host may run the tools of a runtime in a loop, and to try a grant takes milliseconds. */
const REST_MS = 1000;
/** systemd asks who tells it of a unit, but what we tell it ourselves looks the same. */
const UNIT_REST_MS = 200;

export function permissions(world: World): Permissions {
  const { clock } = world.ports;
  const doubt = paced(clock, REST_MS, () => doubtAll(world));
  const doubted = new Set<string>();
  const doubtThem = paced(clock, UNIT_REST_MS, () => {
    for (const name of doubted) doubtGuest(world, world.records.get(name));
    doubted.clear();
  });
  return {
    doubt,
    doubtOf(guest) {
      doubted.add(guest);
      doubtThem();
    },
    doubtEvery(ms) {
      const again = () => {
        for (const record of world.records.values()) if (record.ledger.grants.length > 0) doubtGuest(world, record);
        clock.wake(clock.now() + ms, again);
      };
      clock.wake(clock.now() + ms, again);
    },
    systemdDid(state) {
      if (state !== 'reloaded' && state !== 'up') return;
      world.counters.add('systemd_reloads_total');
      doubt();
      clock.wake(clock.now() + LATER_MS, doubt);
    },
  };
}

function doubtAll(world: World): void {
  for (const record of world.records.values()) doubtGuest(world, record);
}

/** What a guest that runs may open is looked at and tried again. */
export function doubtGuest({ queue }: World, record: GuestRecord | undefined): void {
  if (record?.guest.instance === undefined) return;
  forgetSight(record);
  doubtAnswers(record);
  doubtGrants(record);
  queue.add(record.guest.name);
}
