import { heldOnDisks } from '../../limits/disks.ts';
import { fileOf } from '../../limits/files.ts';
import { withHeadroom } from '../../limits/headroom.ts';
import { withoutLease } from '../../limits/leased.ts';
import { type LimitsPlan, planLimits } from '../../limits/plan.ts';
import { plannedData } from '../../limits/planned-data.ts';
import { policyOf } from '../../limits/policy-of.ts';
import { whyLedger } from '../../limits/quota.ts';
import { asMeant } from '../../limits/read-back.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Bursts, LimitFile } from '../../model/limit.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import type { PlannedWrite } from '../../ports/limits-view.ts';
import type { World } from '../world.ts';
import { admittedPolicy } from './admitted.ts';
import { dataLimit } from './data.ts';
import { lookUpDisks } from './disks.ts';
import { policyHere } from './policy-here.ts';
import type { LimitRecord } from './record.ts';

export interface PlanNow extends LimitsPlan {
  /** Parts of the policy that this host cannot hold now. */
  readonly lacking: readonly Refusal[];
}

/** What a pass would write now; in the guest nothing is changed. */
export function planNow(
  world: World,
  name: string,
  record: LimitRecord,
  reading: LimitsReading,
  bursts: Bursts,
): PlanNow {
  const { policy: admitted } = admittedPolicy(world, name);
  const policy = admitted && withHeadroom(admitted, record.thrash.extraBytes);
  const { disks, refusals } = lookUpDisks(world.ports.devices, name, policy);
  const plan = planLimits({
    policy,
    host: { ...world.ports.cgroups.host, bursts },
    holds: record.holds,
    disks,
    diskFiles: reading.diskFiles,
    values: withoutLease(asMeant(reading.values, record.written), record.leased),
    made: withoutLease(reading.values, record.leased),
    before: record.ledger.epoch === reading.epoch ? record.ledger.before : {},
  });
  return { ...plan, lacking: [...absent(name, plan), ...refusals] };
}

function absent(subject: string, plan: LimitsPlan): readonly Refusal[] {
  const files = [...new Set(plan.absent.map(fileOf))];
  return files.length === 0 ? [] : [{ code: 'W_LIMIT_ABSENT', subject, detail: `there is no ${files.join(', no ')}` }];
}

const QUOTAS: readonly LimitFile[] = ['cpu.max', 'cpu.cfs_quota_us'];

/** The same with what the files hold; nothing of a stopped guest. */
export function plannedWrites(
  world: World,
  name: string,
  record: LimitRecord,
  bursts: Bursts,
): readonly PlannedWrite[] {
  const instance = world.records.get(name)?.guest.instance;
  const reading = instance && world.ports.cgroups.read(instance);
  if (reading === undefined) return [];
  const { writes } = planNow(world, name, record, reading, bursts);
  const held = heldOnDisks(
    reading.values,
    reading.diskFiles,
    writes.map(({ file }) => file),
  );
  const policy = policyHere(world, name);
  const why = policy && whyLedger(policy, world.ports.cgroups.host.cpus);
  const files = writes.map((write) => {
    const isOurs = why !== undefined && QUOTAS.includes(write.file);
    return { ...write, held: held[write.file] ?? '', ...(isOurs && { why }) };
  });
  return [...files, ...dataWrite(world, name, record, reading, instance)];
}

function dataWrite(
  { ports: { cgroups }, config }: World,
  name: string,
  { ledger }: LimitRecord,
  { epoch }: LimitsReading,
  instance: GuestInstance | undefined,
): readonly PlannedWrite[] {
  const held = instance && cgroups.dataLimit(instance);
  const before = ledger.epoch === epoch ? ledger.data : undefined;
  const planned = held && plannedData(dataLimit(policyOf(config, name)), held, before);
  if (held === undefined || planned === undefined) return [];
  const value = Number.isFinite(planned) ? `${planned}` : 'max';
  return [{ file: 'RLIMIT_DATA', value, held: `${held.soft ?? 'max'}` }];
}
