import type { Policy } from '../model/policy.ts';
import type { Claim } from './promise.ts';

/** A processor of which somebody is to have more than is left. */
export interface FullProcessor {
  readonly cpu: number;
  readonly wanted: number;
  readonly left: number;
  /** Who has something of it. */
  readonly holders: readonly Claim[];
}

/** The first of its processors that cannot give it what it is to have of each; undefined: all can. `room`: of each processor. */
export function fullProcessor(
  claim: Claim,
  holders: readonly Claim[],
  room: number,
  amountOf: (policy: Policy) => number,
): FullProcessor | undefined {
  const wanted = ofEach(claim, amountOf);
  return (claim.cpus ?? [])
    .map((cpu): FullProcessor => {
      const those = holders.filter(({ cpus = [] }) => cpus.includes(cpu));
      const left = those.reduce((some, holder) => some - ofEach(holder, amountOf), room);
      return { cpu, wanted, left, holders: those };
    })
    .find(({ left }) => wanted > left);
}

/** What a guest is to have of each of its processors. */
export function ofEach({ policy, cpus = [] }: Claim, amountOf: (policy: Policy) => number): number {
  return Math.floor(amountOf(policy) / Math.max(1, cpus.length));
}
