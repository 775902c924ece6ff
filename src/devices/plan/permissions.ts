import type { Action, Grant } from '../../model/action.ts';
import type { FailureCode, Refusal } from '../../model/failure.ts';
import type { Corrections, GuestLedger } from '../../model/ledger.ts';
import type { DesiredNode } from '../../model/node.ts';
import { type Access, type NumberText, numberText } from '../../model/number.ts';
import type { ObservedGuest } from '../../model/observed.ts';
import { accessByNumber, accessWithout, inOrder } from '../access.ts';
import { correct } from './corrections.ts';
import type { Scene } from './scene.ts';

/** How the guest's permissions come to be what its nodes need. */
export interface Permissions {
  /** What makes the policy ours, with the grants that nobody may miss meanwhile. */
  readonly first: readonly Action[];
  readonly revokes: readonly Action[];
  readonly grants: readonly Action[];
  /** What we granted, beyond what the guest has from elsewhere. */
  readonly after: GuestLedger['grants'];
  readonly refusal?: Refusal;
  /** How often what came back was repaired. */
  readonly corrections?: Corrections;
  /** Monotonic milliseconds. */
  readonly wakeAt?: number;
}

/** What a repair is counted under, where nodes are counted under their paths. */
export const DRIFT = 'devices';
/** In a minute: more than a person's commands, fewer than a program that fights. */
const REPAIRS = 20;

/** What is said of a repair, and when there were too many. */
interface Repair {
  readonly done: FailureCode;
  readonly tooOften: FailureCode;
}
/** The runtime's program, beside ours. */
const COME_BACK: Repair = { done: 'W_DRIFT', tooOften: 'E_DRIFT' };
/** Ours. */
const TAKEN_OFF: Repair = { done: 'W_PROGRAM_LOST', tooOften: 'E_PROGRAM_FOUGHT' };

/** As many as its map holds. */
const PROGRAM_ENTRIES = 1024;

/** A runtime's program is none of our business while the guest is to have nothing of us. */
const untouched: Permissions = { first: [], revokes: [], grants: [], after: [] };

type Wanted = ReadonlyMap<string, OneNumber>;
type OneNumber = Grant & { readonly number: NumberText };

/** A permission is per number, a node is per path: two paths may share one number, and the number has what both need. */
export function planPermissions(
  scene: Pick<Scene, 'guest' | 'ledger' | 'now'>,
  nodes: readonly DesiredNode[],
  observed: ObservedGuest,
  confine: boolean,
): Permissions {
  const { guest, ledger } = scene;
  const wanted = accessByNumber(nodes.map(asGrant));
  if (observed.unanswered) return { ...untouched, after: ledger.grants, refusal: observed.unanswered };
  if (observed.heldProgram !== undefined) return held(guest, wanted, ledger, observed, observed.heldProgram);
  if (observed.policy === 'confined') return adjusted(wanted, ledger, observed);
  if (observed.policy === 'foreign') {
    if (observed.isStripped) return repaired(scene, wanted, observed);
    return wanted.size === 0 && ledger.grants.length === 0 ? untouched : adopted(scene, wanted, observed);
  }
  if (observed.policy === 'drifted') return repaired(scene, wanted, observed);
  if (confine) return confined(wanted);
  if (observed.isStripped) return repaired(scene, wanted, observed);
  return { first: [], revokes: [], grants: [], after: [], refusal: { code: 'W_OPEN_POLICY', subject: guest } };
}

function asGrant({ number, access, diskseq }: DesiredNode): OneNumber {
  return { number: numberText(number), access, ...(diskseq !== undefined && { diskseq }) };
}

function adjusted(wanted: Wanted, ledger: GuestLedger, observed: ObservedGuest): Permissions {
  const held = accessByNumber(observed.grants);
  const ours = accessByNumber(ledger.grants);
  return {
    first: [],
    revokes: inOrder(ours).flatMap(({ number, access }) =>
      revoke(number, accessWithout(access, wanted.get(number)?.access)),
    ),
    grants: inOrder(wanted)
      .filter(({ number, access }) => accessWithout(access, held.get(number)?.access))
      .map(grant),
    after: oursOf(wanted, held, ours),
  };
}

function held(
  guest: string,
  wanted: Wanted,
  ledger: GuestLedger,
  observed: ObservedGuest,
  program: string,
): Permissions {
  const code = observed.policy === 'foreign' ? 'E_PROGRAM_LOST' : 'E_PROGRAM_HELD';
  return stuck(wanted, ledger, observed, { code, subject: guest, detail: `program ${program}` });
}

/**
 * Ours takes no more: what goes is taken away, nothing is added. Where it is not there nothing can be taken away either: what was
 * given may still be open, and is not forgotten.
 */
function stuck(wanted: Wanted, ledger: GuestLedger, observed: ObservedGuest, refusal: Refusal): Permissions {
  if (observed.policy === 'foreign') return { ...untouched, after: ledger.grants, refusal };
  const { revokes } = adjusted(wanted, ledger, observed);
  const after = inOrder(accessByNumber(ledger.grants)).flatMap(({ number, access }) => {
    const kept = accessWithout(access, accessWithout(access, wanted.get(number)?.access));
    return kept ? [{ number, access: kept }] : [];
  });
  return { ...untouched, revokes, after, refusal };
}

/** A runtime's program is replaced by one that starts with what the guest's configuration allowed, without what was ours. */
function adopted(
  { guest, ledger }: Pick<Scene, 'guest' | 'ledger'>,
  wanted: Wanted,
  observed: ObservedGuest,
): Permissions {
  const ours = accessByNumber(ledger.grants);
  const configured = inOrder(accessByNumber(observed.grants)).flatMap(({ number, access }) => {
    const rest = accessWithout(access, accessWithout(ours.get(number)?.access, wanted.get(number)?.access));
    return rest ? [{ number, access: rest }] : [];
  });
  const allowed = inOrder(accessByNumber([...configured, ...wanted.values()]));
  if (allowed.length > PROGRAM_ENTRIES) {
    return stuck(wanted, ledger, observed, { code: 'E_GRANTS_FULL', subject: guest, detail: `${allowed.length}` });
  }
  return {
    first: [{ verb: isBeside(observed) ? 'join-program' : 'adopt-program', allowed }],
    revokes: [],
    grants: [],
    after: oursOf(wanted, accessByNumber(configured), ours),
  };
}

/** What came in the place of ours denies something, and goes on denying it. */
function isBeside({ policy, isStripped }: ObservedGuest): boolean {
  return policy === 'foreign' && isStripped === true;
}

/**
 * What was attached beside ours goes, and what it allowed stays; or ours comes back. A fight about it has an end: what is said
 * then is the last word.
 */
function repaired(
  scene: Pick<Scene, 'guest' | 'ledger' | 'now'>,
  wanted: Wanted,
  observed: ObservedGuest,
): Permissions {
  const { guest, ledger } = scene;
  const { done, tooOften } = observed.policy === 'drifted' ? COME_BACK : TAKEN_OFF;
  const correction = correct(DRIFT, scene, REPAIRS);
  if (!correction.allowed) {
    const refusal: Refusal = { code: tooOften, subject: guest, detail: `${REPAIRS}` };
    return { ...untouched, after: ledger.grants, refusal, wakeAt: correction.wakeAt };
  }
  const repair = adopted(scene, wanted, observed);
  if (repair.refusal !== undefined) return repair;
  return { ...repair, corrections: correction.corrections, refusal: { code: done, subject: guest } };
}

function confined(wanted: Wanted): Permissions {
  const grants = inOrder(wanted);
  const after = grants.map(({ number, access }) => ({ number, access }));
  return { first: [{ verb: 'confine' }, ...grants.map(grant)], revokes: [], grants: [], after };
}

/** Of each wanted access what we already gave, and what was not there before. */
function oursOf(wanted: Wanted, held: ReadonlyMap<string, Grant>, ours: Wanted): GuestLedger['grants'] {
  return inOrder(wanted).flatMap(({ number, access }) => {
    const others = accessWithout(held.get(number)?.access, ours.get(number)?.access);
    const added = accessWithout(access, others);
    return added ? [{ number, access: added }] : [];
  });
}

/** The whole wanted access, also where a part of it is held: so it does not matter whether a grant adds or replaces. */
function grant(wanted: OneNumber): Action {
  return { verb: 'grant', ...wanted };
}

function revoke(number: NumberText, access: Access | undefined): readonly Action[] {
  return access ? [{ verb: 'revoke', number, access }] : [];
}
