import { appendFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { planCpu } from '../src/limits/quota.ts';
import { hostControllers } from '../src/linux/controllers.ts';
import type { BucketPolicy } from '../src/model/policy.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import type { Scene } from '../test/scenarios/scene.ts';
import { Contained } from './contained.ts';

const { hierarchy } = hostControllers();

/** A guest of LXC's by whose name a policy knows it. Resolves when the agent has taken it in. */
export async function limitedGuest(scene: Scene, name: string, furnish?: (folder: string) => void): Promise<Contained> {
  await scene.guest(name, { ...(furnish && { furnish }) });
  const instance = await eventually(async () => {
    const { instance, converged } = await scene.agent.guest(name);
    if (instance === undefined || !converged) throw new Error(`${name} is not as it shall be`);
    return instance;
  });
  return new Contained(name, instance);
}

/** Quota and period, microseconds, that LXC itself writes when the guest starts. */
export function rawQuota(quotaUs: number, periodUs: number): (folder: string) => void {
  const lines =
    hierarchy === 'v1'
      ? `lxc.cgroup.cpu.cfs_period_us = ${periodUs}\nlxc.cgroup.cpu.cfs_quota_us = ${quotaUs}\n`
      : `lxc.cgroup2.cpu.max = ${quotaUs} ${periodUs}\n`;
  return (folder) => appendFileSync(join(folder, 'config'), lines);
}

/** Writes the policy of the guest NAME, and of NAME-whatever. */
export function bucketPolicy(
  scene: Scene,
  name: string,
  bucket: Partial<BucketPolicy>,
  guarantee = false,
): BucketPolicy {
  const { tickUs, ...fields } = { ...USUAL, ...bucket };
  const cpu = JSON.stringify({ bucket: fields, guarantee });
  scene.agent.policy(name, `guests: ["${name}", "${name}-*"]\ncpu: ${cpu}\n`);
  return { ...fields, tickUs };
}

const USUAL: BucketPolicy = {
  rate: 1,
  interval: 4,
  size: 500,
  threshold: 0,
  tickUs: 1000,
  hold: 'smooth',
  refill: 'steady',
};

/** Resolves when the kernel holds the guest to its bucket. */
export async function hasQuota(guest: Contained): Promise<void> {
  const file = hierarchy === 'v1' ? 'cpu.cfs_quota_us' : 'cpu.max';
  await eventually(() => {
    if (/^(-1|max)/.test(guest.holds(file))) throw new Error(`${guest.name} has no quota`);
  });
}

const TICK_S = 0.004;
const LOOK_S = 0.05;

/** How far a measurement may be from the law, seconds: a tick on every processor, one grant, and what runs between two looks of the agent. */
export function slackOf(policy: BucketPolicy, processors: number): number {
  const { quota, by } = planCpu(policy, availableParallelism());
  return availableParallelism() * TICK_S + quota.quotaUs / 1e6 + (by === 'ledger' ? processors * LOOK_S : 0);
}
