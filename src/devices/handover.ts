import type { GuestLedger, Released } from '../model/ledger.ts';
import type { NumberText } from '../model/number.ts';
import { isSameDrive } from './identity.ts';

/** Something that a rule gives: a number, and the device that has it now. */
export interface Gift {
  readonly number: NumberText;
  readonly rule: string;
  readonly device: string;
}

/** A running guest with what is ours in it, or may be. */
export interface Neighbour {
  readonly guest: string;
  readonly ledger: GuestLedger;
}

/** Whether a rule that is in force gives its devices to several guests at once. */
export type IsShared = (rule: string) => boolean;

/**
 * The neighbour that still has a number which only one guest may have at a time, by the rule that gives it or by the one that
 * gave it. What nobody knows the rule of any more counts as given to one alone.
 */
export function stillWith(
  { number, rule }: Gift,
  neighbours: readonly Neighbour[],
  isShared: IsShared,
): string | undefined {
  const has = ({ ledger }: Neighbour) => {
    const nodes = ledger.nodes.filter((node) => node.number === number);
    if (nodes.length === 0) return ledger.grants.some((grant) => grant.number === number);
    return !isShared(rule) || nodes.some((node) => !isShared(node.rule));
  };
  return neighbours.find(has)?.guest;
}

/** Where processes may still hold this very device that was taken from them. */
export function perhapsHeld(
  { number, rule, device }: Gift,
  neighbours: readonly Neighbour[],
  isShared: IsShared,
): readonly string[] {
  // Who holds a device that is gone holds nothing of the one that has its number now.
  const isIt = (one: Released) => one.number === number && isSameDrive(one.device, device);
  const isAlone = (one: Released) => !isShared(rule) || !isShared(one.rule);
  return neighbours.flatMap(({ guest, ledger }) =>
    ledger.released.some((one) => isIt(one) && isAlone(one)) ? [guest] : [],
  );
}

/** Whether a guest has lost a number, or nobody in it holds any more what it had lost. */
export function hasLetGo(before: GuestLedger, after: GuestLedger): boolean {
  const has = numbersOf([...after.nodes, ...after.grants]);
  const holds = numbersOf(after.released);
  return (
    [...before.nodes, ...before.grants].some(({ number }) => !has.has(number)) ||
    before.released.some(({ number }) => !holds.has(number))
  );
}

function numbersOf(list: readonly Pick<Gift, 'number'>[]): ReadonlySet<string> {
  return new Set(list.map(({ number }) => number));
}
