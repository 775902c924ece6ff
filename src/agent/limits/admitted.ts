import { type Admitted, admitted } from '../../limits/admission.ts';
import type { Claim } from '../../limits/promise.ts';
import type { Guest } from '../../model/guest.ts';
import type { World } from '../world.ts';
import { claimHere } from './policy-here.ts';

/** The policy of a guest as far as the host can keep it. What the guests have that started before it is theirs. */
export function admittedPolicy(world: World, name: string): Partial<Admitted> & Pick<Admitted, 'refusals'> {
  const claim = claimHere(world, name);
  if (claim === undefined || !guarantees(claim)) return { ...(claim && { policy: claim.policy }), refusals: [] };
  const running = [...world.records.values()]
    .map(({ guest }) => guest)
    .filter(({ instance }) => instance !== undefined);
  const order = running.toSorted(byStart).map((guest) => guest.name);
  const earlier = order.slice(0, order.indexOf(name)).flatMap((guest) => claimHere(world, guest) ?? []);
  const site = { capacity: world.ports.cgroups.capacity(), reserve: world.config.settings.reserve };
  return admitted(claim, earlier, site);
}

/** A guest has ended, or is gone: what it was guaranteed may be what others lack. */
export function offerGuarantees(world: World): void {
  for (const name of world.records.keys()) {
    if (world.limiter.refusals(name).some(({ code }) => code === 'E_GUARANTEE')) world.limiter.look(name);
  }
}

function guarantees({ policy }: Claim): boolean {
  return policy.cpu.guarantee || policy.memory.min !== undefined;
}

// Counted in ticks since boot: the same after a restart of the agent.
function byStart(one: Guest, other: Guest): number {
  const earlier = Number(one.instance?.startTime) - Number(other.instance?.startTime);
  return earlier || (one.name < other.name ? -1 : 1);
}
