import { policyOf } from '../../limits/policy-of.ts';
import type { Claim } from '../../limits/promise.ts';
import { onProcessors } from '../../limits/scope.ts';
import type { Policy } from '../../model/policy.ts';
import type { World } from '../world.ts';

/** The policy of a guest, for the processors that it may run on now. */
export function policyHere(world: World, name: string): Policy | undefined {
  return claimHere(world, name)?.policy;
}

/** The same with those processors, where it has something of each. Undefined: no policy is for the guest. */
export function claimHere({ config, ports: { cgroups }, records }: World, name: string): Claim | undefined {
  const policy = policyOf(config, name);
  if (policy?.cpu.bucket?.scope === undefined) return policy && { guest: name, policy };
  const cpus = cgroups.processors(records.get(name)?.guest.instance);
  return { guest: name, policy: onProcessors(policy, cpus.length), cpus };
}
