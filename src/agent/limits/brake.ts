import { policyOf } from '../../limits/policy-of.ts';
import { mebibytes } from '../../limits/softly.ts';
import { letGo, NO_THRASH, type Thrash, thrashed } from '../../limits/thrash.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import { claimedBy } from '../failed.ts';
import { lifeOf } from '../stopping.ts';
import type { World } from '../world.ts';
import { keepLedger } from './hits.ts';
import type { LimitRecord } from './record.ts';

/** Whatever becomes of this agent: nobody stands still for longer. */
const LONGEST_MS = 10_000;
/** One that does not come to its limit is looked at so often where nobody tells that it does. */
const QUIET_MS = 5_000;

/** A look at whether the guest thrashes; what is to become of it is in its record then. Answers when to look again, in monotonic ms. */
export function lookForThrash(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  { counters }: LimitsReading,
): number | undefined {
  const { cgroups, clock } = world.ports;
  const policy = policyOf(world.config, name)?.memory.thrash;
  if (policy === undefined) record.thrash = NO_THRASH;
  // Who is asked to end has to run for that, and ends his thrashing by it.
  if (lifeOf(world, name) === 'stopping') record.thrash = letGo(record.thrash);
  if (policy === undefined || lifeOf(world, name) === 'stopping') return undefined;
  const { from } = record.thrash;
  const look = { atMs: clock.now(), hits: counters.rss ?? 0, stall: cgroups.memoryStall(instance) ?? 0 };
  const spareBytes = cgroups.availableBytes() - world.config.settings.reserve.memoryBytes;
  const { thrash, wakeAt } = thrashed(record.thrash, policy, look, spareBytes);
  record.thrash = thrash;
  if (!isCalm(thrash) || from?.hits !== look.hits) return wakeAt;
  return cgroups.host.hierarchy === 'v2' ? undefined : look.atMs + QUIET_MS; // v2 tells when it comes to its limit
}

/** That this host does not say how long a guest waits for memory. */
export function thrashRefusals(world: World, name: string, instance: GuestInstance): readonly Refusal[] {
  const isWanted = policyOf(world.config, name)?.memory.thrash !== undefined;
  if (!isWanted || world.ports.cgroups.memoryStall(instance) !== undefined) return [];
  return [{ code: 'W_LIMIT_ABSENT', subject: name, detail: 'there is no memory.pressure' }];
}

/** It stands still, or goes on, as was decided; one that is given more goes on `after` that was written. */
export async function keepStill(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  when: 'before' | 'after',
): Promise<readonly Refusal[]> {
  const isFrozen = record.ledger.frozen === true;
  const { frozenAt, extraBytes } = record.thrash;
  if (frozenAt !== undefined) return isFrozen ? [] : freeze(world, name, record, instance);
  const isNow = when === 'after' || extraBytes === 0 || lifeOf(world, name) === 'stopping';
  return isFrozen && isNow ? thaw(world, name, record, instance) : [];
}

// Kept first: whoever comes after a crash finds it frozen.
async function freeze(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
): Promise<readonly Refusal[]> {
  note(world, name, record, true);
  const answer = record.unsaved.length > 0 ? undefined : await world.ports.cgroups.freeze(instance, LONGEST_MS);
  if (answer?.ok) {
    tell(world, name, 'frozen for a moment, since it did nothing but wait for its own memory');
    return [];
  }
  record.thrash = letGo(record.thrash);
  note(world, name, record, false);
  if (answer === undefined) return record.unsaved;
  const detail = `it cannot be frozen: ${answer.failed.call} ${answer.failed.errno}`;
  return [claimedBy(name, answer.failed) ?? { code: 'E_LIMIT', subject: name, detail }];
}

async function thaw(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
): Promise<readonly Refusal[]> {
  const answer = await world.ports.cgroups.freeze(instance, 0);
  if (!answer.ok && answer.failed.errno !== 'ESRCH') {
    const detail = `it cannot be thawed: ${answer.failed.call} ${answer.failed.errno}`;
    return [claimedBy(name, answer.failed) ?? { code: 'E_LIMIT', subject: name, detail }];
  }
  note(world, name, record, false);
  tell(world, name, `goes on, ${extraText(record.thrash)}`);
  return [];
}

function note(world: World, name: string, record: LimitRecord, isFrozen: boolean): void {
  const { frozen: _, ...ledger } = record.ledger;
  record.ledger = isFrozen ? { ...ledger, frozen: true } : ledger;
  keepLedger(world, name, record);
}

function tell({ report }: World, guest: string, what: string): void {
  report.fact({ kind: 'guest', severity: 'warning', guest, resource: 'thrash', says: `${guest}: ${what}` });
}

function extraText({ extraBytes }: Thrash): string {
  return extraBytes === 0 ? 'with what it has' : `with ${mebibytes(extraBytes)} more than its limit for now`;
}

function isCalm({ since, frozenAt, isTold, extraBytes }: Thrash): boolean {
  return since === undefined && frozenAt === undefined && !isTold && extraBytes === 0;
}
