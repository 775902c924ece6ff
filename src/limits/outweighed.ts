import type { Config, Problem } from '../model/config.ts';
import { failureSentence } from '../model/failure.ts';
import { claimsOf } from './claims.ts';
import { HIGHEST_WEIGHT, USUAL_WEIGHT, weightOf } from './desire.ts';
import type { Claim } from './promise.ts';

/**
 * Guaranteed rates that would not be there if all guests wanted all of the processors at once: they are kept by weight, and the
 * weights of all others leave them less.
 */
export function outweighed(config: Config, onHost: readonly string[], cpus: number): readonly Problem[] {
  const claims = claimsOf(config, onHost, cpus);
  const guaranteed = claims.filter(({ policy: { cpu } }) => cpu.guarantee && cpu.bucket !== undefined);
  const sumOf = (some: readonly Claim[]) =>
    some.reduce((sum, { policy }) => sum + (weightOf(policy.cpu, cpus) ?? USUAL_WEIGHT), 0);
  const without = onHost.filter((name) => claims.every(({ guest }) => guest !== name)).length;
  const sum = sumOf(claims) + without * USUAL_WEIGHT;
  const [first] = guaranteed;
  // More than that by themselves are refused.
  const isTold = sum > HIGHEST_WEIGHT && sumOf(guaranteed) <= HIGHEST_WEIGHT;
  if (!isTold || first === undefined) return [];
  const detail = `cpu.weight of all guests is ${sum} together, and guaranteed rates are there up to ${HIGHEST_WEIGHT} when all want more`;
  const says = failureSentence({ code: 'W_OVERCOMMIT', subject: 'cpu.guarantee', detail });
  return [{ place: first.policy.places['cpu.guarantee'], code: 'W_OVERCOMMIT', says }];
}
