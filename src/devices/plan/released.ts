import type { Action } from '../../model/action.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestLedger, OwnedNode, Released } from '../../model/ledger.ts';
import type { DesiredNode } from '../../model/node.ts';
import { type NumberText, numberText } from '../../model/number.ts';
import type { Holder, ObservedGuest } from '../../model/observed.ts';
import { processKey } from '../../model/process-key.ts';
import { holderText } from '../holder-text.ts';

/** What happens to processes that still hold a number that the guest has lost. */
export interface Release {
  readonly actions: readonly Action[];
  readonly refusals: readonly Refusal[];
  readonly after: readonly Released[];
  /** When holders have to be looked for: of what was released just now at once. */
  readonly wakeAt?: number;
}

export interface ReleaseInput {
  readonly guest: string;
  readonly desired: readonly DesiredNode[];
  readonly ledger: GuestLedger;
  readonly observed: ObservedGuest;
  /** Whether a device of the ledger, as it was plugged in then, is still there. */
  readonly plugged: (device: string) => boolean;
  /** Milliseconds of the monotonic clock. */
  readonly now: number;
}

/** So much time a program has to end before it is said that it does not. */
const GRACE_MS = 5000;

interface Held {
  readonly released: Released;
  readonly holders: readonly Holder[];
  readonly untold: readonly Holder[];
}

/**
 * Every holder is told once, and named when it was asked to end and has not. A number is forgotten when nobody holds it any
 * more, or when it is wanted again; as long as nobody can say who holds it, it stays as it is.
 */
export function planRelease(
  { guest, desired, ledger, observed, plugged, now }: ReleaseInput,
  gone: readonly OwnedNode[],
): Release {
  const wanted = new Set(desired.map(({ number }) => numberText(number)));
  const isKept = ({ number, unplug, device }: OwnedNode | Released) =>
    !wanted.has(number) && (unplug !== 'keep' || plugged(device));
  const known = ledger.released.filter(isKept);
  const unseen = known.filter(({ number }) => observed.unknownHolders.has(number));
  const held = known.flatMap((released): readonly Held[] => {
    const holders = observed.holders.filter(({ number }) => number === released.number);
    return holders.length === 0 ? [] : [{ released, holders, untold: holders.filter(isUntold(released)) }];
  });
  const fresh = gone.filter(isKept).map(freshRelease);
  const unknown = fresh.filter((one, index) => !known.some(isSame(one)) && fresh.findIndex(isSame(one)) === index);
  const after = held.map((one) => releasedAfter(one, now));
  const wakes = [...(unknown.length > 0 ? [now] : []), ...after.flatMap(({ askedAt }) => graceEnd(askedAt))];
  return {
    actions: held.flatMap(({ released, untold }) => untold.flatMap((holder) => signal(released, holder))),
    refusals: [
      ...held.flatMap((one) => [...warnings(guest, one), ...stubborn(guest, one, now)]),
      ...unseen.flatMap(({ number }) => observed.unknownHolders.get(number) ?? []),
    ],
    after: [...after, ...unseen, ...unknown],
    ...(wakes.length > 0 && { wakeAt: Math.min(...wakes) }),
  };
}

function freshRelease({ number, rule, device, unplug }: OwnedNode): Released {
  return { number, rule, device, unplug, told: [] };
}

function releasedAfter({ released, holders, untold }: Held, now: number): Released {
  const { askedAt: former, ...rest } = released;
  const isOver = former !== undefined && now >= former + GRACE_MS;
  const asks = untold.length > 0 && (released.unplug === 'term' || released.unplug === 'kill');
  const askedAt = asks ? now : isOver ? undefined : former;
  return { ...rest, told: holders.map(processKey).sort(), ...(askedAt !== undefined && { askedAt }) };
}

function graceEnd(askedAt: number | undefined): readonly number[] {
  return askedAt === undefined ? [] : [askedAt + GRACE_MS];
}

function isSame(one: Released) {
  return ({ number, rule }: Released) => number === one.number && rule === one.rule;
}

function isUntold({ told }: Released) {
  return (holder: Holder) => !told.includes(processKey(holder));
}

function signal({ unplug }: Released, { pid, startTime, command }: Holder): readonly Action[] {
  if (unplug !== 'term' && unplug !== 'kill') return [];
  return [{ verb: 'signal', pid, startTime, signal: unplug === 'term' ? 'TERM' : 'KILL', command }];
}

function warnings(guest: string, { released: { unplug, number }, untold }: Held): readonly Refusal[] {
  if (unplug !== 'warn') return [];
  return untold.map((holder) => stillHolds(guest, number, holderText(holder)));
}

// Told once, when its time is over.
function stubborn(guest: string, { released, holders }: Held, now: number): readonly Refusal[] {
  if (released.askedAt === undefined || now < released.askedAt + GRACE_MS) return [];
  const asked = holders.filter((holder) => !isUntold(released)(holder));
  const since = `was asked to end ${GRACE_MS / 1000} s ago and`;
  return asked.map((holder) => stillHolds(guest, released.number, `${holderText(holder)} ${since}`));
}

function stillHolds(guest: string, number: NumberText, detail: string): Refusal {
  return { code: 'W_HOLDER', subject: `${guest}:${number}`, detail };
}
