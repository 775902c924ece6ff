import type { Action } from '../../model/action.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestLedger, OwnedNode, Released } from '../../model/ledger.ts';
import type { DesiredNode } from '../../model/node.ts';
import { numberText } from '../../model/number.ts';
import type { Holder, ObservedGuest } from '../../model/observed.ts';

/** What happens to processes that still hold a number that the guest has lost. */
export interface Release {
  readonly actions: readonly Action[];
  readonly refusals: readonly Refusal[];
  readonly after: readonly Released[];
  /** Something was released just now: its holders have to be looked for. */
  readonly isNew: boolean;
}

/** Every holder is told once. A number is forgotten when nobody holds it any more, or when it is wanted again. */
export function planRelease(
  guest: string,
  desired: readonly DesiredNode[],
  gone: readonly OwnedNode[],
  ledger: GuestLedger,
  observed: ObservedGuest,
): Release {
  const wanted = new Set(desired.map(({ number }) => numberText(number)));
  const known = ledger.released.filter(({ number }) => !wanted.has(number));
  const held = known.flatMap((released) => {
    const holders = observed.holders.filter(({ number }) => number === released.number);
    return holders.length === 0 ? [] : [{ released, holders, untold: holders.filter(isUntold(released)) }];
  });
  const fresh = gone.filter(({ number }) => !wanted.has(number)).flatMap(freshRelease);
  const unknown = fresh.filter((one, index) => !known.some(isSame(one)) && fresh.findIndex(isSame(one)) === index);
  return {
    actions: held.flatMap(({ released, untold }) => untold.flatMap((holder) => signal(released, holder))),
    refusals: held.flatMap(({ released, untold }) => untold.flatMap((holder) => warn(guest, released, holder))),
    after: [...held.map(({ released, holders }) => ({ ...released, told: holders.map(holderKey).sort() })), ...unknown],
    isNew: unknown.length > 0,
  };
}

function freshRelease({ number, rule, unplug }: OwnedNode): readonly Released[] {
  return unplug === 'keep' ? [] : [{ number, rule, unplug, told: [] }];
}

function isSame(one: Released) {
  return ({ number, rule }: Released) => number === one.number && rule === one.rule;
}

function isUntold({ told }: Released) {
  return (holder: Holder) => !told.includes(holderKey(holder));
}

function holderKey({ pid, startTime }: Holder): string {
  return `${pid}:${startTime}`;
}

function signal({ unplug }: Released, { pid, startTime, command }: Holder): readonly Action[] {
  if (unplug === 'warn') return [];
  return [{ verb: 'signal', pid, startTime, signal: unplug === 'term' ? 'TERM' : 'KILL', command }];
}

function warn(guest: string, { unplug, number }: Released, { pid, command }: Holder): readonly Refusal[] {
  if (unplug !== 'warn') return [];
  return [{ code: 'W_HOLDER', subject: `${guest}:${number}`, detail: `${command} (${pid})` }];
}
