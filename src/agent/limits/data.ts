import { policyOf } from '../../limits/policy-of.ts';
import type { DataGiven } from '../../model/data-limit.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Policy } from '../../model/policy.ts';
import type { Failed } from '../../ports/executor.ts';
import { claimedBy } from '../failed.ts';
import type { World } from '../world.ts';
import { keepLedger } from './hits.ts';
import type { Done, LimitRecord } from './record.ts';

/** How often is looked for processes that came into the guest from outside; its own have what their parents have. */
const EVERY_MS = 10_000;
/** A process that was being born while its parent was limited, and for long, is nowhere to be seen until then. */
const SOON_MS = [200, 800];
/** So many does the executor take. */
const FORMERS = 8;

/** Limits the data of each process where the policy says so, and gives back what they had where it ceases to. */
export async function limitData(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
): Promise<Done> {
  const { cgroups, clock } = world.ports;
  const bytes = dataLimit(policyOf(world.config, name));
  const before = record.ledger.data;
  const isKnown = before?.given.at(-1) === bytes;
  if (bytes === undefined && before === undefined) return { refusals: [] };
  if (isKnown && clock.now() < record.dataDue) return { refusals: record.dataRefusals, wakeAt: record.dataDue };
  const own = before?.own ?? cgroups.dataLimit(instance);
  if (own === undefined) return { refusals: [] }; // it has ended, which is told
  const looks = isKnown ? record.dataLooks : 0;
  record.dataDue = clock.now() + (SOON_MS[looks] ?? EVERY_MS);
  record.dataLooks = looks + 1;
  const refusals = await changeData(world, name, record, instance, bytes, { given: [], ...before, own });
  record.dataRefusals = refusals;
  return { refusals, ...(bytes !== undefined && { wakeAt: record.dataDue }) };
}

async function changeData(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  bytes: number | undefined,
  before: DataGiven,
): Promise<readonly Refusal[]> {
  const { cgroups } = world.ports;
  const { given } = before;
  // First the ledger: whoever comes after a crash takes the limit away with the policy.
  if (bytes !== undefined) {
    const all = [...given.filter((one) => one !== bytes), bytes].slice(-FORMERS);
    record.ledger = { ...record.ledger, data: { ...before, given: all } };
  }
  keepLedger(world, name, record);
  const answer = await cgroups.limitData(instance, bytes, before);
  // Which process it was changes from look to look.
  if (!answer.ok) return [refusedData(name, bytes, answer.failed)];
  const { data: _, ...ledger } = record.ledger;
  record.ledger = bytes === undefined ? ledger : { ...ledger, data: { ...before, given: [bytes] } };
  if (bytes !== given.at(-1)) tell(world, name, bytes, answer.value);
  return [];
}

export function refusedData(subject: string, bytes: number | undefined, failed: Failed): Refusal {
  const detail = `RLIMIT_DATA ${bytes ?? 'unlimited'}: ${failed.call} ${failed.errno}`;
  return claimedBy(subject, failed) ?? { code: 'E_LIMIT', subject, detail };
}

/** Bytes of RLIMIT_DATA; undefined: the policy does not enforce address space so. */
export function dataLimit(policy: Policy | undefined): number | undefined {
  const space = policy?.memory.addressSpace;
  return space === undefined || space.enforce === 'swap' ? undefined : space.limit;
}

function tell(world: World, guest: string, bytes: number | undefined, count: number): void {
  const limit = bytes === undefined ? 'no limit of ours' : `at most ${bytes} bytes`;
  world.report.fact({
    kind: 'action',
    guest,
    action: 'limit',
    says: `${guest}: ${limit} of data for each of ${count} processes`,
  });
}
