import { isEndedBy } from '../model/ending-units.ts';
import type { Guest } from '../model/guest.ts';
import type { HostEvent } from '../ports/host.ts';
import type { GuestRecord, World } from './world.ts';

/** A tool that was opened a moment ago may not be itself yet. */
const SECOND_LOOK_MS = 100;

/** Those that are to halt are asked first: what forty of them use takes longer to read. */
const LIMITS_MS = 50;

/** systemd is ending a service or a scope, or does that no more. */
export function unitEnds(world: World, { unit, ends }: Extract<HostEvent, { kind: 'unit' }>): void {
  if (ends) world.endingUnits.add(unit);
  else world.endingUnits.delete(unit);
  noteAll(world);
}

/** Nobody says any more what systemd is ending. */
export function forgetUnits(world: World): void {
  world.endingUnits.clear();
  noteAll(world);
}

/** A tool that stops guests has begun or ended. */
export function toolRan(world: World): void {
  const { clock } = world.ports;
  void lookWhoStops(world);
  clock.wake(clock.now() + SECOND_LOOK_MS, () => void lookWhoStops(world));
}

/** Looks whom the tools of runtimes are stopping. */
export async function lookWhoStops(world: World): Promise<void> {
  world.stoppedByTools = new Set(await world.ports.guests.stopping());
  noteAll(world);
}

/** What a guest that runs, or did until now, does. */
export function lifeOf({ records }: World, guest: string): 'running' | 'stopping' {
  return records.get(guest)?.stopping ? 'stopping' : 'running';
}

/** Whether somebody stops it, or its unit is being ended. */
export function isAskedForNow(world: World, guest: string): boolean {
  const record = world.records.get(guest);
  return record !== undefined && isAskedFor(world, record.guest);
}

/** A stop of ours has begun or ended. */
export function noteStops(world: World): void {
  noteAll(world);
}

// Whether the end of a guest was asked for: whoever else knows of that says it here.
function noteAll(world: World): void {
  for (const record of world.records.values()) note(world, record, isAskedFor(world, record.guest));
}

function isAskedFor({ stops, orderedStops, stoppedByTools, endingUnits }: World, guest: Guest): boolean {
  if (orderedStops.awaits(guest.name)) return true;
  return stops.of(guest.name) !== undefined || stoppedByTools.has(guest.name) || isEndedBy(endingUnits, guest);
}

// Of one that has ended it stays: what it left is still to be told.
function note(world: World, record: GuestRecord, stopping: boolean): void {
  const { name, instance } = record.guest;
  if (instance === undefined || record.stopping === stopping) return;
  record.stopping = stopping;
  const says = stopping ? `${name}: is being stopped` : `${name}: is not being stopped any more`;
  world.report.fact({ kind: 'guest', guest: name, says });
  const { clock } = world.ports;
  clock.wake(clock.now() + LIMITS_MS, () => {
    if (world.records.has(name)) world.limiter.look(name);
  });
}
