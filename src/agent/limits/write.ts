import { isDeepStrictEqual } from 'node:util';
import { heldOnDisks } from '../../limits/disks.ts';
import { fileOf } from '../../limits/files.ts';
import { type LimitsPart, partsOf, withPart } from '../../limits/parts.ts';
import type { LimitsPlan } from '../../limits/plan.ts';
import { asMeant, writtenAfter } from '../../limits/read-back.ts';
import { nextRepairAt, recentRepairs, repairsIn } from '../../limits/repairs.ts';
import { mebibytes } from '../../limits/softly.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { HeldAmounts } from '../../model/held.ts';
import type { LimitValues, LimitWrite } from '../../model/limit.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import type { Failed } from '../../ports/executor.ts';
import { earliest } from '../earliest.ts';
import { claimedBy } from '../failed.ts';
import type { World } from '../world.ts';
import { keepLedger } from './hits.ts';
import { forgetOtherRoom, KILLED, makeRoom, softly, spare } from './lower.ts';
import type { Done, LimitRecord, Written } from './record.ts';
import { retryAt } from './retry.ts';
import { readNow } from './seen.ts';

/** What became of all writes of a pass. */
export interface AllWritten extends Done {
  /** Its CPU time is limited as it should be. */
  readonly hasQuota: boolean;
}

/** Writes what the plan says, one resource after the other: what is refused of one keeps back no other. */
export async function write(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  reading: LimitsReading,
  plan: LimitsPlan,
): Promise<AllWritten> {
  // Whoever comes after a crash knows what was there before.
  keepBefore(world, name, record, plan.before);
  forgetOtherRoom(record, reading.values, plan.writes);
  const done: (Written & { readonly part: LimitsPart })[] = [];
  for (const part of partsOf(plan))
    done.push({ part, ...(await writePart(world, name, record, instance, reading, part)) });
  const whole = done.filter(({ isDone }) => isDone);
  const left = whole.reduce((before, { part }) => withPart(before, part.resource, part.left), plan.before);
  const now = world.ports.clock.now();
  const wakes = done.flatMap(({ part, refusals, wakeAt }) => [wakeAt, retryAt(record, part.resource, refusals, now)]);
  const wakeAt = wakes.reduce(earliest, undefined);
  keepBefore(world, name, record, left);
  return {
    refusals: done.flatMap(({ refusals }) => refusals),
    hasQuota: done.every(({ part, isDone }) => isDone || part.resource !== 'cpu'),
    ...(wakeAt !== undefined && { wakeAt }),
  };
}

/** But for files that somebody else writes against us; and looks what the kernel made of it. */
async function writePart(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  { values, diskFiles }: LimitsReading,
  part: LimitsPart,
): Promise<Written> {
  const now = world.ports.clock.now();
  const repairs = repairsIn(part.writes, record.settled, asMeant(values, record.written));
  const notBefore = new Map(repairs.map(({ file }) => [file, nextRepairAt(record.repairs.get(file) ?? [], now)]));
  const fought = repairs.filter(({ file }) => notBefore.get(file) !== undefined);
  const writes = part.writes.filter((one) => !fought.includes(one));
  const soft = softly(world, record, instance, values, writes);
  const refused = await perform(world, name, record, instance, soft.writes);
  if (refused !== undefined) return { refusals: [refused], isDone: false };
  const unfinished = part.resource === 'memory' ? await makeRoom(world, name, record, instance, soft) : undefined;
  if (unfinished !== undefined) return { ...unfinished, isDone: false };
  const made = repairs.filter((one) => !fought.includes(one));
  const foreign = heldOnDisks(
    values,
    diskFiles,
    made.map(({ file }) => file),
  );
  noteRepairs(world, name, record, made, foreign);
  record.settled = withPart(record.settled, part.resource, part.settled);
  const wakeAt = [...notBefore.values()].reduce(earliest, undefined);
  return { refusals: fightOver(name, fought), isDone: true, ...(wakeAt !== undefined && { wakeAt }) };
}

function fightOver(subject: string, fought: readonly LimitWrite[]): readonly Refusal[] {
  if (fought.length === 0) return [];
  return [{ code: 'E_LIMIT_FIGHT', subject, detail: fought.map(({ file }) => file).join(', ') }];
}

function noteRepairs(
  world: World,
  name: string,
  record: LimitRecord,
  repairs: readonly LimitWrite[],
  foreign: LimitValues,
): void {
  const now = world.ports.clock.now();
  for (const repair of repairs) {
    reportRepair(world, name, repair, foreign[repair.file]);
    const recent = recentRepairs(record.repairs.get(repair.file) ?? [], now);
    record.repairs = new Map(record.repairs).set(repair.file, [...recent, now]);
  }
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
  const answer = await cgroups[record.byForce ? 'writeByForce' : 'write'](instance, writes);
  const after = readNow(world, name, record);
  if (after === undefined) return undefined; // it ended meanwhile, which is told
  if (!answer.ok && answer.failed.call === 'kill') spare(record, writes, world.ports.clock.now());
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

/** EBUSY of v1; ETIMEDOUT: what had to be taken back was not, for as long as the executor waits. */
const IN_USE: ReadonlySet<string> = new Set(['EBUSY', 'ETIMEDOUT']);

// v1 itself refuses a limit below what cannot be reclaimed, and leaves the former one: it never kills for one.
function refusedWrite(subject: string, writes: readonly LimitWrite[], failed: Failed, { rss }: HeldAmounts): Refusal {
  const { errno, call, subject: file } = failed;
  const claimed = claimedBy(subject, failed);
  if (claimed !== undefined) return claimed;
  if (errno === 'EROFS') return { code: 'E_LIMIT_READ_ONLY', subject: 'cgroups', detail: errno };
  if (call === 'kill') return { code: 'E_LIMIT_IN_USE', subject, detail: KILLED };
  const lines = writes.filter((write) => fileOf(write.file) === file);
  const value = lines.map((write) => `${write.file.slice(file.length)} ${write.value}`.trim()).join(', ');
  const isInUse = IN_USE.has(errno) && call === 'limit' && file.startsWith('memory.');
  if (!isInUse) return { code: 'E_LIMIT', subject, detail: `${file} ${value}: ${errno}` };
  const amounts = `it has ${mebibytes(rss?.held ?? 0)} now, and had ${mebibytes(rss?.most ?? 0)}`;
  const never = errno === 'EBUSY' ? '; this kernel, with cgroup v1, lowers it by no force (EBUSY)' : '';
  return { code: 'E_LIMIT_IN_USE', subject, detail: `${file} of ${mebibytes(Number(value))}: ${amounts}${never}` };
}

function keepBefore(world: World, name: string, record: LimitRecord, before: LimitValues): void {
  if (isDeepStrictEqual(record.ledger.before, before)) return;
  record.ledger = { ...record.ledger, before };
  keepLedger(world, name, record);
}

function reportRepair(world: World, name: string, { file, value }: LimitWrite, foreign: string | undefined): void {
  world.counters.add('limits_repaired_total');
  const says = `${name}: ${file} was changed to ${foreign} by somebody else; it is ${value} again`;
  world.report.fact({ kind: 'action', severity: 'warning', guest: name, action: 'limit', says });
}
