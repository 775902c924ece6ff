import { heldOnDisks } from '../../limits/disks.ts';
import { fileOf } from '../../limits/files.ts';
import type { LimitsPlan } from '../../limits/plan.ts';
import { writtenAfter } from '../../limits/read-back.ts';
import { nextRepairAt, recentRepairs, repairsIn } from '../../limits/repairs.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { HeldAmounts } from '../../model/held.ts';
import type { LimitValues, LimitWrite } from '../../model/limit.ts';
import type { Failed } from '../../ports/executor.ts';
import type { World } from '../world.ts';
import { makeRoom, softly } from './lower.ts';
import type { Done, LimitRecord } from './record.ts';
import { readNow } from './seen.ts';

/** Writes what the plan says, unless somebody else writes against it, and looks what the kernel made of it. */
export async function write(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  plan: LimitsPlan,
): Promise<Done> {
  const now = world.ports.clock.now();
  const repairs = repairsIn(plan.writes, record.settled);
  const wakeAt = repairs.length === 0 ? undefined : nextRepairAt(record.repairs, now);
  if (wakeAt !== undefined)
    return { refusals: [{ code: 'E_LIMIT_FIGHT', subject: name, detail: filesOf(repairs) }], wakeAt };
  // Whoever comes after a crash knows what was there before.
  const unkept = keepBefore(world, name, record, plan.before);
  if (unkept.length > 0) return { refusals: unkept };
  const soft = softly(world, instance, plan.writes);
  const refused = await perform(world, name, record, instance, soft.writes);
  if (refused !== undefined) return { refusals: [refused] };
  const unfinished = await makeRoom(world, name, record, instance, soft);
  if (unfinished !== undefined) return unfinished;
  for (const one of repairs) reportRepair(world, name, one);
  if (repairs.length > 0) record.repairs = [...recentRepairs(record.repairs, now), now];
  record.settled = plan.settled;
  return { refusals: keepBefore(world, name, record, plan.left) };
}

async function perform(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  writes: readonly LimitWrite[],
): Promise<Refusal | undefined> {
  if (writes.length === 0) return undefined;
  const { cgroups } = world.ports;
  const answer = await cgroups.write(instance, writes);
  const after = readNow(world, name, record);
  if (after === undefined) return undefined; // it ended meanwhile, which is told
  if (!answer.ok) return refusedWrite(name, writes, answer.failed, after.held);
  const holds = heldOnDisks(
    after.values,
    after.diskFiles,
    writes.map(({ file: line }) => line),
  );
  record.written = writtenAfter(record.written, writes, holds);
  world.counters.add('limits_written_total', writes.length);
  const says = `${name}: ${writes.map(({ file, value }) => `${file} is ${value}`).join(', ')}`;
  world.report.fact({ kind: 'action', guest: name, action: 'limit', says });
  return undefined;
}

// v1 itself refuses a limit below what cannot be reclaimed, and leaves the former one.
function refusedWrite(
  subject: string,
  writes: readonly LimitWrite[],
  { errno, call, subject: file }: Failed,
  { rss }: HeldAmounts,
): Refusal {
  const lines = writes.filter((write) => fileOf(write.file) === file);
  const value = lines.map((write) => `${write.file.slice(file.length)} ${write.value}`.trim()).join(', ');
  if (errno !== 'EBUSY' || call !== 'limit') return { code: 'E_LIMIT', subject, detail: `${file} ${value}: ${errno}` };
  const amounts = `it has ${rss?.held} bytes now, and had ${rss?.most}`;
  return { code: 'E_LIMIT_IN_USE', subject, detail: `${file} ${value}: ${amounts}` };
}

function keepBefore({ ports: { store } }: World, name: string, record: LimitRecord, before: LimitValues) {
  record.ledger = { ...record.ledger, before };
  return store.saveLimits(name, record.ledger);
}

function reportRepair(world: World, name: string, { file, value }: LimitWrite): void {
  world.counters.add('limits_repaired_total');
  const says = `${name}: ${file} was changed by somebody else; it is ${value} again`;
  world.report.fact({ kind: 'action', severity: 'warning', guest: name, action: 'limit', says });
}

function filesOf(writes: readonly LimitWrite[]): string {
  return writes.map(({ file }) => file).join(', ');
}
