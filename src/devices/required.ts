import type { Refusal } from '../model/failure.ts';
import { anyGlobMatches } from '../model/glob-match.ts';
import type { OwnedNode } from '../model/ledger.ts';
import type { DesiredNode } from '../model/node.ts';
import type { Rule } from '../model/rule.ts';
import type { Assignment, Claim } from './assign.ts';
import { desireGuest } from './desire.ts';
import { keyOf, keyOfDesired, plugKey } from './node-key.ts';

/** A device that a guest may not start without, and that it does not have. */
export interface Missing {
  readonly rule: string;
  /** How long a start may wait for it; 0: not at all. */
  readonly waitMs: number;
  /** What becomes of a start that has waited so long. */
  readonly afterwards: 'go' | 'refuse';
  readonly refusal: Refusal;
}

export type StartVerdict =
  | { readonly word: 'go' }
  | { readonly word: 'refuse'; readonly refusal: Refusal }
  /** Milliseconds since the start was asked for: when to look again, and when there is nothing to wait for any more. */
  | { readonly word: 'wait'; readonly lookMs: number; readonly waitMs: number };

/** What matches is the guest's and is not in it yet: its parts are still to come, or another guest lets go of it. */
const KEPT_BACK_MS = 5000;

/** Whether a rule has a say in the guest's start, and which; undefined: none has. */
export function startCondition(rules: readonly Rule[], guest: string): 'required' | 'wait' | undefined {
  const own = rules.filter(({ guests }) => anyGlobMatches(guests, guest)).map(({ when }) => when.kind);
  return own.find((kind) => kind !== 'optional');
}

/** What keeps the guest from starting, in configuration order: nothing matches, what matches is refused, or is not in the guest. */
export function missingRequired(
  assignment: Assignment,
  guest: string,
  nodes: readonly OwnedNode[],
): readonly Missing[] {
  const needed = assignment.claims.filter(
    ({ rule }) => rule.when.kind !== 'optional' && anyGlobMatches(rule.guests, guest),
  );
  if (needed.length === 0) return [];
  // Without ownership a node is only perhaps there.
  const there = new Set(nodes.filter(({ ownership }) => ownership).map((node) => plugKey(node, keyOf(node))));
  const isThere = (node: DesiredNode) => there.has(plugKey(node, keyOfDesired(node)));
  const { nodes: wanted } = desireGuest(assignment, guest);
  return needed.flatMap((claim) => {
    const own = wanted.filter(({ rule }) => rule === claim.rule.name);
    return own.length > 0 && own.every(isThere) ? [] : missing(claim, guest, own.length > 0);
  });
}

/** What becomes of a start that was asked for so long ago. */
export function startVerdict(missing: readonly Missing[], askedMs: number): StartVerdict {
  const refused = missing.find(({ afterwards, waitMs }) => afterwards === 'refuse' && askedMs >= waitMs);
  if (refused !== undefined) return { word: 'refuse', refusal: refused.refusal };
  const left = missing.map(({ waitMs }) => waitMs).filter((waitMs) => askedMs < waitMs);
  return left.length === 0 ? { word: 'go' } : { word: 'wait', lookMs: Math.min(...left), waitMs: Math.max(...left) };
}

function missing(claim: Claim, guest: string, isGiven: boolean): Missing {
  const { name, when } = claim.rule;
  const reason = isGiven ? 'what matches it does not come into the guest' : whyNotGiven(claim);
  const detail = `rule ${name} says "when: ${when.kind}", and ${reason}`;
  const refusal: Refusal = { code: 'E_REQUIRED', subject: guest, detail };
  if (when.kind === 'wait') return { rule: name, waitMs: when.waitMs, afterwards: 'go', refusal };
  return { rule: name, waitMs: isGiven ? KEPT_BACK_MS : 0, afterwards: 'refuse', refusal };
}

function whyNotGiven({ devices, withheld }: Claim): string {
  return devices.length === 0 && withheld === undefined ? 'no device matches it' : 'what matches it cannot be given';
}
