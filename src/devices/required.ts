import type { Refusal } from '../model/failure.ts';
import type { Rule, When } from '../model/rule.ts';
import type { Assignment, Claim } from './assign.ts';
import { desireGuest } from './desire.ts';
import { anyGlobMatches } from './glob.ts';

/** A device that a guest may not start without, and that is not given. */
export interface Missing {
  readonly rule: string;
  /** How long a start may wait for it; 0: not at all. */
  readonly waitMs: number;
  readonly refusal: Refusal;
}

/** Whether a rule has a say in the guest's start, and which; undefined: none has. */
export function startCondition(rules: readonly Rule[], guest: string): 'required' | 'wait' | undefined {
  const own = rules.filter(({ guests }) => anyGlobMatches(guests, guest)).map(({ when }) => when.kind);
  return own.find((kind) => kind !== 'optional');
}

/** What keeps the guest from starting, in configuration order: nothing matches, or what matches is refused. */
export function missingRequired(assignment: Assignment, guest: string): readonly Missing[] {
  const needed = assignment.claims.filter(
    ({ rule }) => rule.when.kind !== 'optional' && anyGlobMatches(rule.guests, guest),
  );
  if (needed.length === 0) return [];
  const given = new Set(desireGuest(assignment, guest).nodes.map((node) => node.rule));
  return needed.filter(({ rule }) => !given.has(rule.name)).map((claim) => missing(claim, guest));
}

function missing({ rule, devices }: Claim, guest: string): Missing {
  const reason = devices.length === 0 ? 'no device matches it' : 'what matches it cannot be given';
  const detail = `rule ${rule.name} says "when: ${rule.when.kind}", and ${reason}`;
  return { rule: rule.name, waitMs: waitOf(rule.when), refusal: { code: 'E_REQUIRED', subject: guest, detail } };
}

function waitOf(when: When): number {
  return when.kind === 'wait' ? when.waitMs : 0;
}
