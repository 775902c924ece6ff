import type { Config } from '../model/config.ts';
import { policyOf } from './policy-of.ts';
import type { Claim } from './promise.ts';

/** The policy of each guest that has one: of those on the host, and of those that a file of guests/ announces. */
export function claimsOf(config: Pick<Config, 'guests' | 'policies'>, onHost: readonly string[]): readonly Claim[] {
  const guests = new Set([...onHost, ...config.guests.map(({ guest }) => guest)]);
  return [...guests].sort().flatMap((guest) => claimOf(config, guest));
}

/** None where no policy is for the guest. */
export function claimOf(config: Pick<Config, 'guests' | 'policies'>, guest: string): readonly Claim[] {
  const policy = policyOf(config, guest);
  return policy === undefined ? [] : [{ guest, policy }];
}
