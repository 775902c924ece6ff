import { policyNameProblem, ruleNameProblem } from '../config/entry-name.ts';
import type { RuleDraft } from './item.ts';

const LONGEST = 64;

/** A name for the policy of each guest: its own, where a policy may be called so and no other is. */
export function policyNames(guests: readonly string[]): ReadonlyMap<string, string> {
  const given = new Set(guests.filter(isPolicyName));
  return new Map(guests.map((guest) => [guest, isPolicyName(guest) ? guest : free(guest, 'guest', given)]));
}

function isPolicyName(name: string): boolean {
  return policyNameProblem(name) === undefined;
}

/** A name for a rule that no other has, after the guest and the device. */
export function ruleName(guest: string, { match }: RuleDraft, given: Set<string>): string {
  const name = word(`${guest}-${'name' in match ? match.name : match.number}`);
  if (ruleNameProblem(name) !== undefined || given.has(name)) return free(name, 'device', given);
  given.add(name);
  return name;
}

function free(name: string, otherwise: string, given: Set<string>): string {
  const start = word(name).slice(0, LONGEST - 8) || otherwise;
  for (let number = 2; ; number += 1) {
    const found = `${start}-${number}`;
    if (given.has(found)) continue;
    given.add(found);
    return found;
  }
}

function word(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_.]+/g, '-').replace(/^[^A-Za-z0-9]+|-+$/g, '');
}
