import type { Config, Problem } from '../model/config.ts';
import { failureText, type Refusal } from '../model/failure.ts';
import type { Policy } from '../model/policy.ts';
import { claimsOf } from './claims.ts';
import { type Claim, claimsText, largestPolicy, PROMISED, type Promised, type Site, sumOf } from './promise.ts';

/** What policies guarantee to all guests together and the host does not have. `onHost`: names of the guests that are there. */
export function guaranteeProblems(
  config: Config,
  onHost: readonly string[],
  capacity: Site['capacity'],
): readonly Problem[] {
  const claims = claimsOf(config, onHost);
  const site = { capacity, reserve: config.settings.reserve };
  return PROMISED.flatMap((promised) => tooMuch(promised, claims, site));
}

export interface Admitted {
  /** Without what the host cannot keep. */
  readonly policy: Policy;
  readonly refusals: readonly Refusal[];
}

/** What of its policy a guest is guaranteed. `earlier` are the guests that run and came before it: what they have is theirs. */
export function admitted(claim: Claim, earlier: readonly Claim[], site: Site): Admitted {
  const refused = PROMISED.filter((promised) => !fits(promised, claim, earlier, site));
  return {
    policy: refused.reduce((policy, { without }) => without(policy), claim.policy),
    refusals: refused.map((promised) => refusal(promised, claim, holding(promised, earlier, site), site)),
  };
}

function tooMuch(promised: Promised, claims: readonly Claim[], site: Site): readonly Problem[] {
  const { key, amountOf, roomOf, text } = promised;
  const those = claims.filter(({ policy }) => amountOf(policy) > 0);
  const [sum, room] = [sumOf(those, amountOf), roomOf(site)];
  const largest = largestPolicy(claims, amountOf);
  if (largest === undefined || sum <= room) return [];
  const detail = `${text(sum)}${ofWhat(key)} is guaranteed and ${text(room)} is there: ${claimsText(those, promised)}`;
  return [{ place: largest.places[key], says: failureText({ code: 'E_GUARANTEE', subject: key, detail }) }];
}

function fits(promised: Promised, { policy }: Claim, earlier: readonly Claim[], site: Site): boolean {
  const wanted = promised.amountOf(policy);
  return wanted === 0 || wanted <= leftBy(promised, holding(promised, earlier, site), site);
}

/** Those to whom it was given: each in turn, as long as it fits. */
function holding(promised: Promised, claims: readonly Claim[], site: Site): readonly Claim[] {
  const holders: Claim[] = [];
  for (const claim of claims) {
    const wanted = promised.amountOf(claim.policy);
    if (wanted > 0 && wanted <= leftBy(promised, holders, site)) holders.push(claim);
  }
  return holders;
}

function leftBy({ amountOf, roomOf }: Promised, holders: readonly Claim[], site: Site): number {
  return roomOf(site) - sumOf(holders, amountOf);
}

function refusal(promised: Promised, { guest, policy }: Claim, holders: readonly Claim[], site: Site): Refusal {
  const { key, amountOf, roomOf, text } = promised;
  const left = text(Math.max(0, leftBy(promised, holders, site)));
  const others = holders.length === 0 ? '' : ` (${claimsText(holders, promised)})`;
  const detail = `${key}: it wants ${text(amountOf(policy))}${ofWhat(key)}, and ${left} of ${text(roomOf(site))} is left${others}`;
  return { code: 'E_GUARANTEE', subject: guest, detail };
}

function ofWhat(key: Promised['key']): string {
  return key === 'cpu.guarantee' ? ' of a processor' : ' of memory';
}
