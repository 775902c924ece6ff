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
  const touched = rules.filter((rule) => changes.some((change) => concerns(rule, change)));
  return guests.filter((guest) => touched.some((rule) => anyGlobMatches(rule.guests, guest)));
}

function concerns(rule: Rule, change: DeviceChange): boolean {
  if (change.before && matches(rule.match, change.before)) return true;
  return change.after !== undefined && matches(rule.match, change.after);
}
