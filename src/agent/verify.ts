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
 * milliseconds, and the guest shall not wait for its node that long. Where the answer is another one than before, the next
 * pass takes nodes away or brings them back. Answers what is refused now and was not.
 */
export async function verifyGrants(
  { ports: { executor, clock }, queue }: Pick<World, 'ports' | 'queue'>,
  record: GuestRecord,
): Promise<readonly Refusal[]> {
  const { name } = record.guest;
  const { ledger, unverified, denied } = record;
  const current = ledger.grants.filter(
    ({ number, access }) => unverified.has(`${number} ${access}`) || denied.has(number),
  );
  const refused = new Map([...denied].filter(([number]) => current.some((grant) => grant.number === number)));
  unverified.clear();
  for (const { number, access } of current) {
    const isFrozen = clock.now() < record.frozenUntil;
    const answer = isFrozen ? undefined : await executor.verify(name, number, access);
    if (answer?.ok) {
      if (refused.delete(number)) queue.add(name);
      continue;
    }
    unverified.add(`${number} ${access}`); // also when it could not be tried: a later pass does
    if (answer?.failed.call === 'verify') record.frozenUntil = clock.now() + FROZEN_REST_MS;
    if (answer?.failed.call !== 'faccessat' || answer.failed.errno !== 'EPERM') continue;
    refused.set(number, { code: 'E_GRANT_REFUSED', subject: name, detail: `${number} ${access}` });
  }
  record.denied = refused;
  const fresh = [...refused].flatMap(([number, refusal]) => (denied.has(number) ? [] : refusal));
  if (fresh.length > 0) queue.add(name);
  return fresh;
}
