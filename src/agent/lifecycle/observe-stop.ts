import type { ObservedStop } from '../../lifecycle/phases.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Phase, StopState } from '../../model/stop.ts';
import { hasDevices } from '../until-halt.ts';
import type { World } from '../world.ts';
import { serviceOf } from './keepers.ts';
import type { StoppingGuest } from './stopping-guest.ts';
import { within } from './within.ts';

/** Who makes the executor wait shall not keep a stop from going on. */
const LOOK_MS = 2000;

/** What the next step of a stop is decided on, but for what time says. */
export async function observeStop(
  world: World,
  guest: string,
  stopping: StoppingGuest,
): Promise<Omit<ObservedStop, 'ranMs'> & { readonly cgroupId?: string }> {
  const { state } = stopping;
  const seen = initRuns(world, guest, state) ? await lookAtInit(world, state) : {};
  const runs = initRuns(world, guest, state);
  return {
    initRuns: runs,
    isPopulated: runs || stopping.isPopulated,
    isFrozen: runs && world.ports.cgroups.isFrozen(state.of),
    hookRuns: stopping.hookRuns,
    hasDevices: runs && stillHasDevices(world, guest),
    isAsking: stopping.isAsking,
    isTaken: stopping.isTaken,
    isKilled: stopping.isKilled,
    isCleared: false,
    ...(stopping.movedAt !== undefined && { movedAt: stopping.movedAt }),
    ...(!runs && afterItsEnd(world, guest, state)),
    ...seen,
  };
}

/** Whether that start still runs; another one of the guest is another one. */
export function initRuns({ records }: World, guest: string, { of }: StopState): boolean {
  const instance = records.get(guest)?.guest.instance;
  return instance?.pid === of.pid && instance.startTime === of.startTime;
}

function stillHasDevices(world: World, guest: string): boolean {
  const record = world.records.get(guest);
  return record !== undefined && hasDevices(world, record);
}

// Where somebody has started it again there is something of it, which is the other start's.
function afterItsEnd(world: World, guest: string, state: StopState): Pick<ObservedStop, 'isCleared' | 'comesAgain'> {
  const { records, leavings, lives } = world;
  const next = records.get(guest)?.guest.instance;
  if (next !== undefined) return { isCleared: !mayBeItsReboot(world, guest, next, state) };
  const service = serviceOf(world, guest, state.of);
  const comesAgain = service === undefined ? false : lives.exits.hasRebooted([service]);
  const isCleared = comesAgain === false && lives.isGone(guest) && leavings.isSettled(guest);
  return { isCleared, ...(comesAgain && { comesAgain }) };
}

// What its machine ended with may be told when the next start of it is there.
function mayBeItsReboot(world: World, guest: string, next: GuestInstance, { keeper, wasWedged }: StopState): boolean {
  const service = serviceOf(world, guest, next);
  const isUntold = service !== undefined && world.lives.exits.hasComeByReboot(service) === undefined;
  return isUntold && service === keeper && !wasWedged;
}

async function lookAtInit({ ports }: World, { of, phase, killAt }: StopState) {
  const leftMs = killAt - ports.clock.sinceBoot();
  if (!ASKING.has(phase) || leftMs <= 0) return {};
  const asked = Promise.all([ports.life.initState(of), ports.usage.guest(of)]);
  const [init, usage] = (await within(ports.clock, Math.min(LOOK_MS, leftMs), asked)) ?? [];
  return { ...(init?.ok && init.value), ...(usage && { processes: usage.processes }) };
}

const ASKING: ReadonlySet<Phase> = new Set(['quiesce', 'devices', 'arm', 'halt', 'nag']);
