import { isLiteral } from '../model/glob.ts';
import type { Match, Rule } from '../model/rule.ts';

/** All that a reader of devices needs to read for these rules. */
export function askedFacts(rules: readonly Rule[]) {
  return {
    attrs: askedAttributes(rules),
    subsystems: askedSubsystems(rules),
    ancestors: rules.some(({ match, take }) => take !== 'one' || asksAncestors(match)),
  };
}

/** The sysfs attributes that some rule asks for, of a device or an ancestor, sorted: all that a reader needs to read. */
export function askedAttributes(rules: readonly Rule[]): readonly string[] {
  const asked = new Set(
    rules.flatMap(({ match, take }) => [...attributesOf(match), ...(take === 'whole' ? WHOLE : [])]),
  );
  return [...asked].sort();
}

/**
 * The subsystems outside of which no rule can match, sorted; `all` when some rule does not name its subsystems literally,
 * or takes whole devices, whose parts may be of any.
 * Only a rule's own `subsystem` narrows: one in `parent` is another device's, one in `not` says where a rule is silent.
 */
export function askedSubsystems(rules: readonly Rule[]): readonly string[] | 'all' {
  const asked = new Set<string>();
  for (const rule of rules) {
    if (rule.take === 'whole' || !rule.match.subsystem?.every(isLiteral)) return 'all';
    for (const subsystem of rule.match.subsystem) asked.add(subsystem);
  }
  return [...asked].sort();
}

/** What says whether all parts of a device are there. */
const WHOLE = ['bNumInterfaces'];

function attributesOf(match: Match): readonly string[] {
  return [
    ...Object.keys(match.attr ?? {}),
    ...Object.keys(match.parent?.attr ?? {}),
    ...(match.not ? attributesOf(match.not) : []),
  ];
}

function asksAncestors({ parent, not }: Match): boolean {
  return parent !== undefined || (not !== undefined && asksAncestors(not));
}
