import type { Rule } from '../model/rule.ts';
import { anyGlobMatches } from './glob.ts';
import type { DeviceChange } from './inventory.ts';
import { matches } from './match.ts';

/**
 * The guests (of those given, in their order) whose devices may differ now: those of every rule that matches a changed
 * device as it was or as it is. Who else may have a device depends on the rules that match that device, and on no others.
 */
export function guestsTouched(
  rules: readonly Rule[],
  changes: readonly DeviceChange[],
  guests: readonly string[],
): readonly string[] {
  return guestsOf(rulesTouched(rules, changes), guests);
}

/** The rules that match a changed device as it was or as it is, whether or not a guest of theirs is known. */
export function rulesTouched(rules: readonly Rule[], changes: readonly DeviceChange[]): readonly Rule[] {
  return rules.filter((rule) => changes.some((change) => concerns(rule, change)));
}

export function guestsOf(rules: readonly Rule[], guests: readonly string[]): readonly string[] {
  return guests.filter((guest) => rules.some((rule) => anyGlobMatches(rule.guests, guest)));
}

function concerns(rule: Rule, change: DeviceChange): boolean {
  if (change.before && matches(rule.match, change.before)) return true;
  return change.after !== undefined && matches(rule.match, change.after);
}
