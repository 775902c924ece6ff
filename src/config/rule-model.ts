import { isLiteral } from '../model/glob.ts';
import type { Place, Rule } from '../model/rule.ts';
import { parseAccess } from './access.ts';
import { hostLinkGlob } from './link-text.ts';
import { matchModel, patternModel } from './match-model.ts';
import { parseMode } from './ownership.ts';
import type { RuleInput } from './rule-schema.ts';
import { parseWhen } from './when.ts';

/** A checked rule as the rest of hostler knows it, every default filled in. */
export function ruleModel(input: RuleInput, place: Place): Rule {
  const guests = patternModel(input.guest);
  return {
    name: input.rule,
    place,
    match: matchModel(input.match),
    guests,
    exclusive: guests.length === 1 && guests.every(isLiteral),
    take: input.take ?? 'one',
    access: parseAccess(input.access ?? '') ?? 'rw',
    node: nodeModel(input.node ?? {}),
    ...linksModel(input.links ?? []),
    when: parseWhen(input.when ?? '') ?? { kind: 'optional' },
    unplug: input.unplug ?? 'keep',
    ...(input.tell === false && { tell: false }),
  };
}

function linksModel(written: readonly string[]): Pick<Rule, 'links' | 'hostLinks'> {
  const links = written.filter((link) => hostLinkGlob(link) === undefined);
  const hostLinks = written.flatMap((link) => hostLinkGlob(link) ?? []);
  return { links, ...(hostLinks.length > 0 && { hostLinks }) };
}

function nodeModel({ path, mode, owner, group }: NonNullable<RuleInput['node']>): Rule['node'] {
  const bits = parseMode(mode ?? '');
  return {
    ...(path !== undefined && { path }),
    ...(bits !== undefined && { mode: bits }),
    ...(owner !== undefined && { owner }),
    ...(group !== undefined && { group }),
  };
}
