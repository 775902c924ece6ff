import type { HostEvent } from '../../ports/host.ts';
import type { World } from '../world.ts';
import { KILLS_MS } from './in-time.ts';
import { withdrawStarts } from './stop-guest.ts';

/** By then the host's own services are as they stay. */
const SECOND_LOOK_MS = 10_000;

/** Asks the host to say when it is about to go down, and to wait a moment then. */
export function expectShutdown(world: World): void {
  const { clock, host } = world.ports;
  void host.delayShutdown();
  void world.goingDown.look();
  clock.wake(clock.now() + SECOND_LOOK_MS, () => void world.goingDown.look());
}

export function shutdownSaid(world: World, state: Extract<HostEvent, { kind: 'shutdown' }>['state']): void {
  if (state === 'begins') void haltAll(world);
  if (state === 'withdrawn') {
    world.goingDown.isSaid = false;
    void world.ports.host.delayShutdown();
  }
  // logind lets nobody wait for what goes on already: what the agent before knew of is over, as after a soft reboot.
  const isOver = state === 'withdrawn' || (state === 'held' && !world.goingDown.isSaid);
  if (isOver) tellWithdrawn(world, world.orderedStops.withdrawWithHost());
}

// Guests have a head start: the service that waits for all of them finds them halting.
async function haltAll(world: World): Promise<void> {
  world.goingDown.isSaid = true;
  if (!world.goingDown.isOurs()) await world.goingDown.look();
  if (!world.goingDown.isSaid) return;
  if (world.goingDown.isOurs()) {
    const guests = [...world.records.keys()];
    const limitMs = world.goingDown.limitMs();
    const endsAt = limitMs === undefined ? undefined : world.ports.clock.sinceBoot() + limitMs - KILLS_MS;
    const begun = world.orderedStops.beginWithHost(guests, endsAt);
    withdrawStarts(world, guests, { kill: false });
    world.report.fact({ kind: 'agent', says: `the host is about to go down: ${begun.length} guests halt` });
  }
  letGoWhenOver(world);
}

function tellWithdrawn({ report }: World, spared: readonly string[] | undefined): void {
  if (spared === undefined) return;
  const says = `the host does not go down after all: ${spared.length} guests run on that were still to halt; those that have halted stay so: hostler start --all starts those with start.auto, hostler list shows the others`;
  report.fact({ kind: 'agent', severity: 'warning', says });
}

function letGoWhenOver(world: World): void {
  const { report, orderedStops, goingDown, ports } = world;
  const look = () => {
    if (goingDown.isSaid && !orderedStops.areOver()) return;
    unfollow();
    if (goingDown.isSaid) void ports.host.letShutdown();
  };
  const unfollow = report.history.follow(({ kind }) => {
    if (kind === 'stop') queueMicrotask(look);
  });
  look();
}
