import {
  type BucketPolicy,
  type MemoryPolicy,
  type Policy,
  WEIGHED_KEYS,
  type WeighedKey,
} from '../../src/model/policy.ts';
import type { Place } from '../../src/model/rule.ts';

const PLACE: Place = { file: 'policies/some.yaml', line: 1, column: 1 };

/** VServer's own: a quarter of a processor, and half a second at once. */
export const QUARTER: BucketPolicy = {
  rate: 1,
  interval: 4,
  tickUs: 1000,
  size: 500,
  threshold: 0,
  hold: 'smooth',
  refill: 'steady',
};

/** A policy that says nothing but what is given. */
export function policy(
  parts: Partial<Omit<Policy, 'memory'>> & { readonly memory?: Partial<MemoryPolicy> } = {},
): Policy {
  return {
    name: 'some',
    place: PLACE,
    places: Object.fromEntries(WEIGHED_KEYS.map((key) => [key, PLACE])) as Record<WeighedKey, Place>,
    cpu: { guarantee: false },
    io: { disks: [] },
    alerts: {},
    ...parts,
    memory: { oom: 'process', ...parts.memory },
  };
}
