import { anyGlobMatches } from '../model/glob-match.ts';
import type { Rule } from '../model/rule.ts';
import type { Claim } from './assign.ts';
import type { DeviceChange } from './inventory.ts';
import { matches } from './match.ts';
import { physicalRoot } from './physical.ts';

/**
 * The guests (of those given, in their order) whose devices may differ now: those of every rule that matches a changed
 * device as it was or as it is. Who else may have a device depends on the rules that match that device, and on no others.
 */
export function guestsTouched(
  claims: readonly Claim[],
  changes: readonly DeviceChange[],
  guests: readonly string[],
): readonly string[] {
  return guestsOf(rulesTouched(claims, changes), guests);
}

/**
 * The rules that match a changed device as it was or as it is, whether or not a guest of theirs is known; of those that take
 * whole devices also the ones that claimed its physical device before. Claims are those from before the changes.
 */
export function rulesTouched(claims: readonly Claim[], changes: readonly DeviceChange[]): readonly Rule[] {
  const touched = claims.filter((claim) => changes.some((change) => concerns(claim, change)));
  return touched.map(({ rule }) => rule);
}

export function guestsOf(rules: readonly Rule[], guests: readonly string[]): readonly string[] {
  return guests.filter((guest) => rules.some((rule) => anyGlobMatches(rule.guests, guest)));
}

function concerns({ rule, roots }: Claim, { before, after }: DeviceChange): boolean {
  for (const device of [before, after]) {
    if (device !== undefined && (matches(rule.match, device) || roots?.has(physicalRoot(device)))) return true;
  }
  return false;
}
