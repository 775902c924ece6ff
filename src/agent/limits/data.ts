import { policyOf } from '../../limits/policy-of.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Policy } from '../../model/policy.ts';
import type { World } from '../world.ts';
import type { Done, LimitRecord } from './record.ts';

/** How often is looked for processes that came into the guest from outside; its own have what their parents have. */
const EVERY_MS = 10_000;

/** Limits the data of each process where the policy says so, and no more where it ceases to. */
export async function limitData(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
): Promise<Done> {
  const bytes = dataLimit(policyOf(world.config, name));
  const { data: former, ...ledger } = record.ledger;
  const now = world.ports.clock.now();
  if (bytes === former && (bytes === undefined || now < record.dataDue))
    return { refusals: [], ...(bytes !== undefined && { wakeAt: record.dataDue }) };
  record.dataDue = now + EVERY_MS;
  // First the ledger: whoever comes after a crash takes the limit away with the policy.
  record.ledger = bytes === undefined ? record.ledger : { ...ledger, data: bytes };
  const unsaved = world.ports.store.saveLimits(name, record.ledger);
  if (unsaved.length > 0) return { refusals: unsaved };
  const answer = await world.ports.cgroups.limitData(instance, bytes);
  if (!answer.ok) {
    const { call, errno, subject } = answer.failed;
    const detail = `RLIMIT_DATA ${bytes ?? 'unlimited'}: ${call} ${errno} ${subject}`;
    return { refusals: [{ code: 'E_LIMIT', subject: name, detail }], wakeAt: record.dataDue };
  }
  if (bytes === undefined) record.ledger = ledger;
  if (bytes !== former) tell(world, name, bytes, answer.value);
  return { refusals: [], ...(bytes !== undefined && { wakeAt: record.dataDue }) };
}

/** Bytes of RLIMIT_DATA; undefined: the policy does not enforce address space so. */
function dataLimit(policy: Policy | undefined): number | undefined {
  const space = policy?.memory.addressSpace;
  return space === undefined || space.enforce === 'swap' ? undefined : space.limit;
}

function tell(world: World, guest: string, bytes: number | undefined, count: number): void {
  const limit = bytes === undefined ? 'no limit' : `at most ${bytes} bytes`;
  world.report.fact({
    kind: 'action',
    guest,
    action: 'limit',
    says: `${guest}: ${limit} of data for each of ${count} processes`,
  });
}
