import type { AncestorMatch, Match, Pattern } from '../model/rule.ts';
import type { AncestorInput, MatchInput, PatternInput } from './match-schema.ts';

/** A checked match with a list wherever the file may write a single glob. */
export function matchModel(input: MatchInput): Match {
  return {
    ...ancestorModel(input),
    ...(input.name !== undefined && { name: patternModel(input.name) }),
    ...(input.property && { property: tableModel(input.property) }),
    ...(input.parent && { parent: ancestorModel(input.parent) }),
    ...(input.below !== undefined && { below: patternModel(input.below) }),
    ...(input.link !== undefined && { link: patternModel(input.link) }),
    ...(input.number !== undefined && { number: patternModel(input.number) }),
    ...(input.tag !== undefined && { tag: patternModel(input.tag) }),
    ...(input.not && { not: matchModel(input.not) }),
  };
}

export function patternModel(input: PatternInput): Pattern {
  return typeof input === 'string' ? [input] : input;
}

function ancestorModel(input: AncestorInput): AncestorMatch {
  return {
    ...(input.subsystem !== undefined && { subsystem: patternModel(input.subsystem) }),
    ...(input.devtype !== undefined && { devtype: patternModel(input.devtype) }),
    ...(input.sysname !== undefined && { sysname: patternModel(input.sysname) }),
    ...(input.driver !== undefined && { driver: patternModel(input.driver) }),
    ...(input.attr && { attr: tableModel(input.attr) }),
    ...(input.port !== undefined && { port: patternModel(input.port) }),
  };
}

function tableModel(input: Readonly<Record<string, PatternInput>>): Readonly<Record<string, Pattern>> {
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, patternModel(value)]));
}
