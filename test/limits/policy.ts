import type { MemoryPolicy, Policy } from '../../src/model/policy.ts';

/** A policy that says nothing but what is given. */
export function policy(
  parts: Partial<Omit<Policy, 'memory'>> & { readonly memory?: Partial<MemoryPolicy> } = {},
): Policy {
  return {
    name: 'some',
    place: { file: 'policies/some.yaml', line: 1, column: 1 },
    cpu: { guarantee: false },
    io: { disks: [] },
    alerts: {},
    ...parts,
    memory: { oom: 'process', ...parts.memory },
  };
}
