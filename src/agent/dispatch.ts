import type { HostEvent } from '../ports/host.ts';
import type { Enumerator } from './enumerate.ts';
import { findGuest, guestGone } from './guests.ts';
import { shutdownSaid } from './lifecycle/shutdown.ts';
import type { Permissions } from './permissions.ts';
import type { RefusedUevents } from './refused-uevents.ts';
import { forgetSight } from './sight.ts';
import type { StartHook } from './start-hook.ts';
import { forgetUnits, lookWhoStops, toolRan, unitEnds } from './stopping.ts';
import type { UeventIntake } from './uevents.ts';
import type { World } from './world.ts';

/** Who takes which event. */
export interface Takers {
  readonly intake: UeventIntake;
  readonly enumerator: Enumerator;
  readonly startHook: StartHook;
  readonly permissions: Permissions;
  readonly refusedUevents: RefusedUevents;
  readonly executorEnded: (reason: string) => void;
  /** Looks for guests, however many ask. */
  readonly findGuests: () => Promise<void>;
}

type SystemdState = Extract<HostEvent, { kind: 'systemd' }>['state'];

/** An event of any kind ends as a look at something: a device, a guest, or everything. */
export function dispatch(world: World, takers: Takers, event: HostEvent): void {
  switch (event.kind) {
    case 'uevent':
      return takers.intake.take(event.uevent);
    case 'uevents-lost':
      world.counters.add(`uevents_lost_${event.reason}_total`);
      return takers.enumerator.ask(`uevents lost: ${event.reason}`);
    case 'uevent-refused':
      return takers.refusedUevents.take(event);
    case 'udevd':
      return udevdChanged(world, takers, event.running);
    case 'guest-gone':
      return void guestGone(world, event.guest);
    case 'init-ended':
      return void findGuest(world, event.guest);
    case 'populated':
      return world.stops.populated(event.guest, event.populated);
    case 'guest-suspect':
      return guestSuspect(world, event.guest);
    case 'guest-changed':
      return guestChanged(world, event);
    case 'oom-kill':
      return world.limiter.killed(event);
    case 'refused':
      return world.limiter.refused(event);
    case 'refused-unknown':
      return world.counters.add(`memory_refusals_${event.reason}_total`, event.count);
    case 'limits-changed':
      return world.limiter.look(event.guest, event.file);
    case 'folder-changed':
      return folderChanged(world, takers, event);
    case 'systemd':
      return systemdDid(world, takers, event.state);
    case 'unit':
    case 'unit-exit':
      return unitDid(world, event);
    case 'shutdown':
      return shutdownSaid(world, event.state);
    case 'watch-overflow':
      return everythingChanged(world, takers);
    case 'nudge':
      return nudged(world, takers, event.guest);
    case 'guest-starts':
      return void takers.startHook.starts(event);
    case 'executor-ended':
      takers.startHook.forget();
      forgetUnits(world);
      return takers.executorEnded(event.reason);
  }
}

function udevdChanged(world: World, { enumerator }: Takers, running: boolean): void {
  const now = running ? 'running' : 'absent';
  if (world.udev === now) return;
  world.udev = now;
  if (!running) world.report.refusal({ code: 'W_UDEV_ABSENT', subject: 'udevd' });
  enumerator.ask(`udevd ${running ? 'came' : 'ended'}`);
}

function systemdDid(world: World, { permissions }: Takers, state: SystemdState): void {
  if (state === 'gone') forgetUnits(world);
  if (state === 'reloaded') void world.goingDown.look();
  permissions.systemdDid(state);
}

function unitDid(world: World, event: Extract<HostEvent, { kind: 'unit' | 'unit-exit' }>): void {
  if (event.kind === 'unit') unitEnds(world, event);
  else world.lives.exits.note(event.unit, event.status);
}

function guestSuspect(world: World, guest: string): void {
  const record = world.records.get(guest);
  if (record === undefined) return;
  record.opened = undefined;
  record.suspect = true;
  // A pass under way notices by itself; one that fails for it comes again later and later.
  if (world.queue.isRested(guest)) world.queue.add(guest);
}

function guestChanged(world: World, { guest, path, replaced }: Extract<HostEvent, { kind: 'guest-changed' }>): void {
  const record = world.records.get(guest);
  if (record === undefined) return;
  forgetSight(record);
  if (replaced) {
    record.watched = '';
    record.remounted = true;
  }
  if (path === '/etc') record.names = undefined;
  world.queue.add(guest);
}

function folderChanged(
  world: World,
  { permissions, findGuests }: Takers,
  { id, name, gone }: Extract<HostEvent, { kind: 'folder-changed' }>,
): void {
  const concerned = world.ports.guests.concerns(id, name);
  if (concerned === 'permissions') permissions.doubt();
  if (concerned === 'stops') toolRan(world);
  if (concerned === 'all' || gone) void findGuests();
  if (typeof concerned !== 'object') return;
  if ('guest' in concerned) void findGuest(world, concerned.guest);
  else for (const guest of concerned.unitsOf) void unitChanged(world, permissions, guest);
}

// Found first: a folder that was not there before is listened to from then on.
async function unitChanged(world: World, permissions: Permissions, guest: string): Promise<void> {
  await findGuest(world, guest);
  permissions.doubtOf(guest);
}

function everythingChanged(world: World, { permissions, findGuests }: Takers): void {
  world.counters.add('watch_overflows_total');
  world.limiter.hearAgain();
  permissions.doubt();
  void lookWhoStops(world);
  for (const record of world.records.values()) {
    forgetSight(record);
    record.names = undefined;
    record.watched = '';
  }
  void findGuests().then(() => {
    for (const name of world.records.keys()) world.queue.add(name);
  });
}

// The hook of a udev rule names a guest, or nobody for all of them. It is a second way: an event may have been missed.
function nudged(world: World, { enumerator }: Takers, guest: string): void {
  world.counters.add('nudges_total');
  if (guest === '') enumerator.ask('nudged');
  else enumerator.ask(`nudged for ${guest}`, guest);
}
