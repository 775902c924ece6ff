import type { Failed } from '../ports/executor.ts';
import { nextRetry } from './backoff.ts';
import { refusalOf } from './failed.ts';
import { mayRun } from './may-run.ts';
import type { GuestRecord, World } from './world.ts';

/** What came of it; `runs`: the start that it was granted to is not over, or nobody can say so. */
export type TakenBack = 'done' | 'runs' | Failed;

/**
 * Takes from a service whose guest has ended what systemd would give to its next start: until then the numbers may become
 * other devices'. What cannot be taken back stays in the ledger, and the next start's first pass takes it.
 */
export async function takeBack({ ports: { host, store }, report }: World, guest: string): Promise<TakenBack> {
  const ledger = store.ledger(guest);
  if (ledger?.service === undefined) return 'done';
  if (ledger.grants.length > 0) {
    if (await mayRun(host, ledger.service, ledger.instance)) return 'runs';
    const answer = await host.takeBack(ledger.service, ledger.grants);
    if (!answer.ok) return answer.failed;
    const taken = ledger.grants.map(({ number, access }) => `${number} ${access}`).join(', ');
    report.fact({ kind: 'guest', guest, says: `${guest}: taken from its service, which has ended: ${taken}` });
  }
  // Its next start may have begun meanwhile, with a ledger of its own.
  if (store.ledger(guest)?.instance === ledger.instance) store.removeLedger(guest);
  return 'done';
}

/** The unit is no guest's service: the executor will say so however often it is asked. */
export function isForGood({ errno, call }: Failed): boolean {
  return call === 'unit' && errno === 'EPERM';
}

/** The pass over a guest that does not run. Answers when to try again, in monotonic milliseconds. */
export async function takeBackLeft(world: World, record: GuestRecord): Promise<number | undefined> {
  if (!record.mayLeave) return undefined;
  const { name } = record.guest;
  const taken = await takeBack(world, name);
  if (world.records.get(name) !== record) return undefined;
  record.mayLeave = taken !== 'done';
  if (typeof taken === 'string' || isForGood(taken)) return undefined;
  const refusal = refusalOf(name, undefined, taken);
  record.refusals = refusal === undefined ? [] : [refusal];
  record.retry = nextRetry(record.retry, world.ports.clock.now());
  return record.retry.at;
}
