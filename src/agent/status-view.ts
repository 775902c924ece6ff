import { failures, type Refusal } from '../model/failure.ts';
import type { GuestView, StatusView } from '../ports/agent.ts';
import { evidenceView, lifeView } from './lifecycle/life-view.ts';
import { openLimits } from './limits/open-limits.ts';
import { restartNeeded } from './reload.ts';
import { version } from './version.ts';
import type { GuestRecord, World } from './world.ts';

export function statusView(world: World, since: string, guests = guestViews(world)): StatusView {
  const running = guests.filter(({ state }) => state !== 'stopped');
  const bursts = world.limiter.bursts.view();
  return {
    version,
    pid: process.pid,
    since,
    ready: world.ready,
    converged: isConverged(world),
    guests: {
      running: running.length,
      stopped: guests.length - running.length,
      failing: guests.filter(({ refusals }) => refusals.some(isError)).length,
    },
    nodes: guests.reduce((sum, { nodes }) => sum + nodes.length, 0),
    devices: world.inventory.size,
    rules: world.config.rules.length,
    udev: world.udev,
    ...(bursts && { bursts }),
    config: { folder: world.ports.configuration.folder, loaded: world.loadedAt, problems: world.problems },
    watching: world.deaf === undefined,
    warnings: warnings(world),
    counters: world.counters.all(),
  };
}

function isConverged(world: World): boolean {
  if (world.problems.length > 0) return false; // what the configuration on disk asks for is not in force
  if (world.nameless.length > 0) return false;
  if (!world.queue.isIdle() || !world.limiter.isIdle()) return false;
  return [...world.records.values()].every((record) => !refusalsOf(world, record).some(isError));
}

function isError({ code }: Refusal): boolean {
  return failures[code].severity === 'error';
}

function warnings(world: World): readonly Refusal[] {
  const own: Refusal[] = [];
  if (world.udev === 'absent') own.push({ code: 'W_UDEV_ABSENT', subject: 'udevd' });
  if (world.config.settings.lxcPath !== world.settings.lxcPath) own.push(restartNeeded(world));
  if (world.deaf !== undefined) own.push(world.deaf);
  own.push(...world.unheard, ...world.nameless, ...openLimits(world), ...world.limiter.warnings());
  if (world.unsaved !== undefined) own.push(world.unsaved);
  own.push(...world.alerts.warnings(), ...world.metrics.warnings(), ...world.goingDown.warnings());
  return [...own, ...[...world.records.values()].flatMap((record) => refusalsOf(world, record))];
}

function refusalsOf(
  { leavings, limiter, lives, starts, stops }: World,
  { guest, refusals }: GuestRecord,
): readonly Refusal[] {
  return [
    ...refusals,
    ...limiter.refusals(guest.name),
    ...lives.refusals(guest.name),
    ...starts.refusals(guest.name),
    ...stops.refusals(guest.name),
    ...leavings.refusals(guest.name),
  ];
}

export function guestViews(world: World): readonly GuestView[] {
  return [...world.records.values()].map((record) => guestView(world, record));
}

/** With what is too much for a list. */
export function wholeGuestView(world: World, record: GuestRecord): GuestView {
  const evidence = evidenceView(world, record.guest.name);
  return { ...guestView(world, record), ...(evidence && { evidence }) };
}

export function guestView(world: World, record: GuestRecord): GuestView {
  const { guest, opened, ledger, lastPass } = record;
  const refusals = refusalsOf(world, record);
  const running = guest.instance !== undefined;
  const stop = world.stops.view(guest.name);
  return {
    ...guest,
    state: running ? (record.suspect ? 'suspect' : 'running') : 'stopped',
    converged: !refusals.some(isError) && world.queue.isRested(guest.name),
    ...(opened && { policy: opened.policy }),
    nodes: running ? ledger.nodes : [],
    refusals,
    life: lifeView(world, guest.name),
    ...(stop && { stop }),
    ...(lastPass && { lastPass }),
  };
}
