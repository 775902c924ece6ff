import { type MemoryPolicy, type Policy, WEIGHED_KEYS, type WeighedKey } from '../../src/model/policy.ts';
import type { Place } from '../../src/model/rule.ts';

const PLACE: Place = { file: 'policies/some.yaml', line: 1, column: 1 };

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
