import type { Refusal } from '../../model/failure.ts';
import type { World } from '../world.ts';

/** That limits are open to those who are limited, where there are any. */
export function openLimits({ ports: { cgroups }, config }: Pick<World, 'ports' | 'config'>): readonly Refusal[] {
  const isOpen = cgroups.guestsMayWrite && config.policies.length > 0;
  return isOpen ? [{ code: 'W_LIMIT_OPEN', subject: 'cgroup2' }] : [];
}
