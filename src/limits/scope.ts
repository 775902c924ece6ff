import type { BucketPolicy, Policy } from '../model/policy.ts';

/** The same for a guest that may run on so many processors: what it has of each of them is what it has of all together. */
export function onProcessors(policy: Policy, cpus: number): Policy {
  const { bucket } = policy.cpu;
  return bucket?.scope === undefined ? policy : { ...policy, cpu: { ...policy.cpu, bucket: times(bucket, cpus) } };
}

function times({ scope: _, ...bucket }: BucketPolicy, cpus: number): BucketPolicy {
  const { rate, size, threshold, idle } = bucket;
  return {
    ...bucket,
    rate: rate * cpus,
    size: size * cpus,
    threshold: threshold * cpus,
    ...(idle && { idle: { ...idle, rate: idle.rate * cpus } }),
  };
}
