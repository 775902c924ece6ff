import type { Config } from '../model/config.ts';
import { policyOf } from './policy-of.ts';
import type { Claim } from './promise.ts';
import { onProcessors } from './scope.ts';

/**
 * The policy of each guest that has one: of those on the host, and of those that a file of guests/ announces. `cpus`: of the host.
 * That a guest may run on some of them only, it is told by where it runs.
 */
export function claimsOf(
  config: Pick<Config, 'guests' | 'policies'>,
  onHost: readonly string[],
  cpus: number,
): readonly Claim[] {
  const names = new Set([...onHost, ...config.guests.map(({ guest }) => guest)]);
  const policies = config.policies.map((policy) => onProcessors(policy, cpus));
  return [...names].sort().flatMap((guest) => {
    const policy = policyOf({ ...config, policies }, guest);
    return policy === undefined ? [] : [{ guest, policy }];
  });
}
