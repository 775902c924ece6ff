import type { Policy } from '../model/policy.ts';

/** The policy of a guest that has so much more memory than it says for now: limit and barrier; swap is as it was. */
export function withHeadroom(policy: Policy, bytes: number): Policy {
  const { barrier, limit, addressSpace } = policy.memory;
  if (bytes === 0 || limit === undefined) return policy;
  const memory = {
    ...policy.memory,
    limit: limit + bytes,
    ...(barrier !== undefined && { barrier: barrier + bytes }),
    ...(addressSpace &&
      addressSpace.enforce !== 'data' && { addressSpace: { ...addressSpace, limit: addressSpace.limit + bytes } }),
  };
  return { ...policy, memory };
}
