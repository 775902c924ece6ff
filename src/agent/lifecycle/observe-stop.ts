import type { ObservedStop } from '../../lifecycle/phases.ts';
import type { StopState } from '../../model/stop.ts';
import type { World } from '../world.ts';
import type { StoppingGuest } from './stopping-guest.ts';

/** What the next step of a stop is decided on. */
export async function observeStop(
  world: World,
  guest: string,
  { state, hookRuns, isTaken }: StoppingGuest,
): Promise<ObservedStop & { readonly cgroupId?: string }> {
  const runs = initRuns(world, guest, state);
  const seen = runs ? await lookAtInit(world, state) : {};
  return {
    initRuns: runs,
    isPopulated: runs,
    isFrozen: runs && world.ports.cgroups.isFrozen(state.of),
    hookRuns,
    isTaken,
    isCleared: !runs && world.ports.guests.isCleared(guest),
    ...seen,
  };
}

/** Whether that start still runs; another one of the guest is another one. */
export function initRuns({ records }: World, guest: string, { of }: StopState): boolean {
  const instance = records.get(guest)?.guest.instance;
  return instance?.pid === of.pid && instance.startTime === of.startTime;
}

async function lookAtInit({ ports }: World, { of, phase }: StopState) {
  if (phase !== 'quiesce' && phase !== 'arm' && phase !== 'halt' && phase !== 'nag') return {};
  const [init, usage] = await Promise.all([ports.life.initState(of), ports.usage.guest(of)]);
  return { ...(init.ok && init.value), ...(usage && { processes: usage.processes }) };
}
