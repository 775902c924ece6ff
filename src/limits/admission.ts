import type { Config, Problem } from '../model/config.ts';
import { failureSentence, type Refusal } from '../model/failure.ts';
import type { Policy } from '../model/policy.ts';
import { claimsOf } from './claims.ts';
import { type FullProcessor, fullProcessor, ofEach } from './each-processor.ts';
import { type Claim, claimsText, largestPolicy, PROMISED, type Promised, type Site, sumOf } from './promise.ts';

/** What policies guarantee to all guests together and the host does not have. `onHost`: names of the guests that are there. */
export function guaranteeProblems(
  config: Config,
  onHost: readonly string[],
  capacity: Site['capacity'],
): readonly Problem[] {
  const claims = claimsOf(config, onHost, capacity.cpus);
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
  const code = 'E_GUARANTEE';
  return [{ place: largest.places[key], code, says: failureSentence({ code, subject: key, detail }) }];
}

function fits(promised: Promised, claim: Claim, earlier: readonly Claim[], site: Site): boolean {
  const wanted = promised.amountOf(claim.policy);
  if (wanted === 0 || fitTogether(promised, [...earlier, claim], site)) return true;
  const holders = holding(promised, earlier, site);
  return wanted <= leftBy(promised, holders, site) && !fullBeside(promised, claim, holders, site);
}

// As they nearly always do: nobody has to find out to whom of them it was given.
function fitTogether({ amountOf, roomOf, eachRoomOf }: Promised, claims: readonly Claim[], site: Site): boolean {
  const room = eachRoomOf?.(site) ?? Number.POSITIVE_INFINITY;
  const ofOne = claims.reduce((sum, claim) => sum + ofEach(claim, amountOf), 0);
  return sumOf(claims, amountOf) <= roomOf(site) && ofOne <= room;
}

/** Those to whom it was given: each in turn, as long as it fits. */
function holding(promised: Promised, claims: readonly Claim[], site: Site): readonly Claim[] {
  const holders: Claim[] = [];
  let given = 0;
  for (const claim of claims) {
    const wanted = promised.amountOf(claim.policy);
    if (wanted === 0 || wanted > promised.roomOf(site) - given || fullBeside(promised, claim, holders, site)) continue;
    holders.push(claim);
    given += wanted;
  }
  return holders;
}

function fullBeside(promised: Promised, claim: Claim, holders: readonly Claim[], site: Site) {
  const room = promised.eachRoomOf?.(site);
  return room === undefined ? undefined : fullProcessor(claim, holders, room, promised.amountOf);
}

function leftBy({ amountOf, roomOf }: Promised, holders: readonly Claim[], site: Site): number {
  return roomOf(site) - sumOf(holders, amountOf);
}

function refusal(promised: Promised, claim: Claim, holders: readonly Claim[], site: Site): Refusal {
  const { key, amountOf, roomOf, text } = promised;
  const [wanted, left] = [amountOf(claim.policy), leftBy(promised, holders, site)];
  const full = wanted > left ? undefined : fullBeside(promised, claim, holders, site);
  const lacks = `${text(wanted)}${ofWhat(key)}, and ${text(Math.max(0, left))} of ${text(roomOf(site))} is left`;
  const detail = full === undefined ? `${lacks}${heldText(holders, promised)}` : fullText(promised, full, site);
  return { code: 'E_GUARANTEE', subject: claim.guest, detail: `${key}: it wants ${detail}` };
}

function heldText(holders: readonly Claim[], promised: Pick<Promised, 'amountOf' | 'text'>): string {
  return holders.length === 0 ? '' : ` (${claimsText(holders, promised)})`;
}

function fullText({ amountOf, eachRoomOf, text }: Promised, full: FullProcessor, site: Site): string {
  const { cpu, wanted, left, holders } = full;
  const [room, least] = [text(eachRoomOf?.(site) ?? 0), text(Math.max(0, left))];
  const others = holders.map((holder) => `${holder.guest} ${text(ofEach(holder, amountOf))}`);
  const held = others.length === 0 ? '' : ` (${others.join(', ')})`;
  return `${text(wanted)} of each of its processors, and ${least} of ${room} is left of processor ${cpu}${held}`;
}

function ofWhat(key: Promised['key']): string {
  return key === 'cpu.guarantee' ? ' of a processor' : ' of memory';
}
