import type { Refusal } from '../model/failure.ts';
import type { GuestRecord, World } from './world.ts';

/** All that was granted is to be tried again. */
export function doubtGrants(record: GuestRecord): void {
  record.unverified = new Set(record.ledger.grants.map(({ number, access }) => `${number} ${access}`));
}

/** A frozen guest does not answer, each question costs its worker a second, and nothing tells when it is thawed. */
const FROZEN_REST_MS = 10_000;

/**
 * Tries every new grant from inside the guest's cgroup. After the plan, not in it: moving a process into a v1 cgroup takes
 * milliseconds, and the guest shall not wait for its node that long.
 */
export async function verifyGrants(
  { ports: { executor, clock } }: World,
  record: GuestRecord,
): Promise<readonly Refusal[]> {
  const { name } = record.guest;
  const current = record.ledger.grants.filter(({ number, access }) => record.unverified.has(`${number} ${access}`));
  record.unverified.clear();
  const refusals: Refusal[] = [];
  for (const { number, access } of current) {
    const isFrozen = clock.now() < record.frozenUntil;
    const answer = isFrozen ? undefined : await executor.verify(name, number, access);
    if (answer?.ok) continue;
    record.unverified.add(`${number} ${access}`); // also when it could not be tried: a later pass does
    if (answer?.failed.call === 'verify') record.frozenUntil = clock.now() + FROZEN_REST_MS;
    if (answer?.failed.call !== 'faccessat' || answer.failed.errno !== 'EPERM') continue;
    refusals.push({ code: 'E_GRANT_REFUSED', subject: name, detail: `${number} ${access}` });
  }
  return refusals;
}
