import {
  loweredLimit,
  mebibytes,
  type SoftWrites,
  softWrites,
  withoutLowBarrier,
  withoutMemory,
} from '../../limits/softly.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { LimitValues, LimitWrite } from '../../model/limit.ts';
import { claimedBy } from '../failed.ts';
import type { World } from '../world.ts';
import type { Done, LimitRecord } from './record.ts';

/** So often in a row is a guest asked for memory that it could not give. */
const SHORTFALLS = 2;

/**
 * A guest that reads files caches as fast as it is taken from it. After so long the limit is written all the same: what is above it
 * can be taken back, so that the kernel need not kill.
 */
const ROOM_MS = 10_000;
/** Between two steps others have their turn, and the guest has time to let go. */
const REST_MS = 10;
/** A limit that killed somebody, however much room was made for it, is left alone for so long. */
const SPARE_MS = 10 * 60_000;

/** Of a limit that was taken back. */
export const KILLED = 'a process was killed when it was lowered, so that it is what it was';

/** Until this work is done memory is limited although the kernel kills until it fits. */
export async function byForce<T>(record: LimitRecord, work: () => Promise<T>): Promise<T> {
  record.byForce = true;
  try {
    return await work();
  } finally {
    record.byForce = false;
  }
}

/** What of these writes kills nobody; all of them by force. Only where a limit is lowered is looked what of the memory could be taken back. */
export function softly(
  { ports: { cgroups, clock } }: World,
  record: LimitRecord,
  instance: GuestInstance,
  values: LimitValues,
  writes: readonly LimitWrite[],
): SoftWrites {
  const isLowered = writes.some(({ file }) => file === 'memory.max' || file === 'memory.high');
  const use = record.byForce || !isLowered ? undefined : cgroups.memoryUse(instance);
  if (use === undefined) return { writes };
  const limit = loweredLimit(writes, values);
  if (limit === undefined) return withoutLowBarrier({ writes }, values, use);
  if (isSpared(record, limit, clock.now())) return withoutMemory(writes, values, KILLED);
  const soft = softWrites(writes, values, limit, use);
  if (soft.reclaim === undefined) return withoutLowBarrier(soft, values, use);
  record.room ??= { limit, since: clock.now() };
  const gives = record.shortfalls === 0;
  return gives && clock.now() - record.room.since >= ROOM_MS ? withoutLowBarrier({ writes }, values, use) : soft;
}

/** These writes killed somebody, and were taken back. */
export function spare(record: LimitRecord, writes: readonly LimitWrite[], now: number): void {
  const limit = loweredLimit(writes, {});
  if (limit !== undefined) record.spared = { limit, until: now + SPARE_MS };
}

function isSpared({ spared }: LimitRecord, limit: number, now: number): boolean {
  return spared?.limit === limit && now < spared.until;
}

/** What was tried for another limit, or for none any more, says nothing of this one. */
export function forgetOtherRoom(record: LimitRecord, values: LimitValues, writes: readonly LimitWrite[]): void {
  if (record.room?.limit !== loweredLimit(writes, values)) record.room = undefined;
}

/** One step of making room for a lower limit; undefined: none is needed. */
export async function makeRoom(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  soft: SoftWrites,
): Promise<Done | undefined> {
  const done = await makeSomeRoom(world, name, record, instance, soft);
  if (done === undefined || done.refusals.length > 0) record.room = undefined;
  return done;
}

async function makeSomeRoom(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  { left, reclaim }: SoftWrites,
): Promise<Done | undefined> {
  if (left !== undefined) return { refusals: [inUse(name, left)] };
  if (reclaim === undefined) return undefined;
  const { clock } = world.ports;
  // What was written meanwhile starts a look of its own.
  if (clock.now() < record.roomRest.until) return stepEnded(record.roomRest);
  const refusals = await step(world, name, record, instance, reclaim);
  record.roomRest = { refusals, until: clock.now() + REST_MS };
  return stepEnded(record.roomRest);
}

// What is refused is tried again later and later.
function stepEnded({ refusals, until }: LimitRecord['roomRest']): Done {
  return { refusals, ...(refusals.length === 0 && { wakeAt: until }) };
}

async function step(
  { ports: { cgroups } }: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  bytes: number,
): Promise<readonly Refusal[]> {
  const answer = await cgroups.reclaim(instance, bytes);
  record.shortfalls = answer.ok ? 0 : record.shortfalls + 1;
  if (answer.ok) return [];
  const { errno } = answer.failed;
  const claimed = claimedBy(name, answer.failed);
  if (claimed !== undefined) return [claimed];
  if (errno !== 'EAGAIN') return [{ code: 'E_LIMIT', subject: name, detail: `memory.reclaim: ${errno}` }];
  return record.shortfalls < SHORTFALLS ? [] : [inUse(name, `it could not give back ${mebibytes(bytes)}`)];
}

function inUse(subject: string, detail: string): Refusal {
  return { code: 'E_LIMIT_IN_USE', subject, detail };
}
