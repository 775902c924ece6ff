import { wantedPressures } from '../../limits/pressures.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import type { World } from '../world.ts';
import { policyHere } from './policy-here.ts';
import type { LimitRecord } from './record.ts';

/** Has everything reported that happens in a guest's cgroup. `isNew`: until now nobody listened, or to less. */
export async function watch(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  { epoch }: LimitsReading,
): Promise<{ readonly isNew: boolean; readonly refusals: readonly Refusal[] }> {
  const { cgroups } = world.ports;
  const wanted = wantedPressures(policyHere(world, name), cgroups.host.cpus);
  const watched = `${epoch} ${wanted.cpu} ${wanted.memory}`;
  if (record.watched === watched) return { isNew: false, refusals: [] };
  const answer = await cgroups.watch(name, instance, wanted);
  if (answer.ok) record.watched = watched;
  record.heard = answer.ok ? answer.value : undefined;
  if (answer.ok) return { isNew: true, refusals: [] };
  const detail = `${answer.failed.call} ${answer.failed.errno}`;
  return { isNew: true, refusals: [{ code: 'E_WATCH', subject: name, detail }] };
}

/** Nobody of ours limits it any more. */
export function unwatch({ ports: { cgroups } }: World, name: string, record: LimitRecord): void {
  if (record.watched === '') return;
  record.watched = '';
  record.heard = undefined;
  void cgroups.unwatch(name);
}
