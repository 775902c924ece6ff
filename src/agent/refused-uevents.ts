import type { HostEvent } from '../ports/host.ts';
import type { World } from './world.ts';

type Refused = Extract<HostEvent, { kind: 'uevent-refused' }>;

/** Counts uevents that were not believed, and tells of each reason at once and then at most once a minute. */
export interface RefusedUevents {
  take(refused: Refused): void;
}

const TELL_EVERY_MS = 60_000;

const REASONS: Readonly<Record<string, string>> = {
  sender: 'not sent by the kernel',
  injected: 'put through the kernel by a process',
  magic: "not in udev's format",
  short: 'cut short',
  header: 'contradicts itself',
  name: 'a name that no device has',
  unicast: 'sent to hostler alone',
  unverified: 'the sender could not be identified as udevd',
};

export function refusedUevents(world: World): RefusedUevents {
  const told = new Map<string, number>();
  const untold = new Map<string, number>();
  return {
    take({ reason, pid, count }) {
      world.counters.add(`uevents_refused_${reason}_total`, count);
      const total = (untold.get(reason) ?? 0) + count;
      const now = world.ports.clock.now();
      const last = told.get(reason);
      if (last !== undefined && now - last < TELL_EVERY_MS) {
        untold.set(reason, total);
        return;
      }
      told.set(reason, now);
      untold.delete(reason);
      const detail = `${total} ${REASONS[reason] ?? reason}`;
      world.report.refusal({ code: 'W_UEVENT_REFUSED', subject: `sender pid ${pid}`, detail });
    },
  };
}
