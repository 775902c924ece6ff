import { bytesText, shareText } from '../model/amount-text.ts';
import type { HostCapacity, Reserve } from '../model/capacity.ts';
import type { Policy } from '../model/policy.ts';

/** A guest and its policy. */
export interface Claim {
  readonly guest: string;
  readonly policy: Policy;
  /** Those that it may run on, where it has the same of each of them. */
  readonly cpus?: readonly number[];
}

/** A host, and what of it no guest can be promised. */
export interface Site {
  readonly capacity: HostCapacity;
  readonly reserve: Reserve;
}

/** Something that a policy can guarantee to each guest that has it, and that the host has to give only once. */
export interface Promised {
  readonly key: 'cpu.guarantee' | 'memory.min';
  /** 0: nothing is promised. */
  amountOf(policy: Policy): number;
  roomOf(site: Site): number;
  /** Of each processor; absent: it is of no processor. */
  eachRoomOf?(site: Site): number;
  text(amount: number): string;
  /** The same policy that does not promise it. */
  without(policy: Policy): Policy;
}

/** One processor, counted in billionths: rates are fractions such as 1/3, of which three are to fit. */
export const PROCESSOR = 1_000_000_000;

export const PROMISED: readonly Promised[] = [
  {
    key: 'cpu.guarantee',
    amountOf: ({ cpu: { bucket, guarantee } }) =>
      guarantee && bucket !== undefined ? Math.floor((bucket.rate * PROCESSOR) / bucket.interval) : 0,
    roomOf: ({ capacity, reserve }) => Math.round(capacity.cpus * (1 - reserve.cpu) * PROCESSOR),
    eachRoomOf: ({ reserve }) => Math.round((1 - reserve.cpu) * PROCESSOR),
    text: (amount) => shareText(amount / PROCESSOR),
    without: (policy) => ({ ...policy, cpu: { ...policy.cpu, guarantee: false } }),
  },
  {
    key: 'memory.min',
    amountOf: ({ memory }) => memory.min ?? 0,
    roomOf: ({ capacity, reserve }) => Math.max(0, capacity.ramBytes - reserve.memoryBytes),
    text: bytesText,
    without(policy) {
      const { min: _, ...memory } = policy.memory;
      return { ...policy, memory };
    },
  },
];

/** `web1 25%, web2 25%` */
export function claimsText(claims: readonly Claim[], { amountOf, text }: Pick<Promised, 'amountOf' | 'text'>): string {
  return claims.map(({ guest, policy }) => `${guest} ${text(amountOf(policy))}`).join(', ');
}

export function sumOf(claims: readonly Claim[], amountOf: (policy: Policy) => number): number {
  return claims.reduce((sum, { policy }) => sum + amountOf(policy), 0);
}

/** The policy whose guests have most of it together: where it is best mended. Undefined: nobody has any. */
export function largestPolicy(claims: readonly Claim[], amountOf: (policy: Policy) => number): Policy | undefined {
  const totals = new Map<Policy, number>();
  for (const { policy } of claims) totals.set(policy, (totals.get(policy) ?? 0) + amountOf(policy));
  const [largest] = [...totals].filter(([, total]) => total > 0).toSorted(([, a], [, b]) => b - a);
  return largest?.[0];
}
