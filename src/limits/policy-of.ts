import type { Config } from '../model/config.ts';
import { anyGlobMatches } from '../model/glob-match.ts';
import type { Policy } from '../model/policy.ts';

/** The policy of a guest: the one that its file names, else the first whose globs it fits; undefined: it is not limited. */
export function policyOf({ guests, policies }: Pick<Config, 'guests' | 'policies'>, guest: string): Policy | undefined {
  const named = guests.find((settings) => settings.guest === guest)?.policy;
  if (named !== undefined) return policies.find(({ name }) => name === named);
  return policies.find((policy) => anyGlobMatches(policy.guests ?? [], guest));
}
