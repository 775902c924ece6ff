import { processKey } from '../model/process-key.ts';
import type { Failed } from '../ports/executor.ts';
import { backoffMs } from './backoff.ts';
import { refusalOf } from './failed.ts';
import { mayRun } from './may-run.ts';
import { doubtGuest } from './permissions.ts';
import { isForGood, takeBack } from './take-back.ts';
import type { GuestRecord, World } from './world.ts';

/**
 * Removes what is written of a guest that nobody knows any more, unless somebody will need it: its configuration alone may be
 * away, and what is ours in it is not unknown when that is back; and what systemd keeps with a service and could not be taken
 * back is there again in the service's next start. That is tried again, later and later, unless it never can be.
 */
export async function forgetLedger(world: World, record: GuestRecord, tries = 1): Promise<void> {
  const { guest } = record;
  const { host, store } = world.ports;
  const { instance } = guest;
  if (instance !== undefined && (await mayRun(host, instance.cgroup, processKey(instance)))) return;
  if (world.records.has(guest.name)) return; // it has come back, or another one of its name
  const taken = await takeBack(world, guest.name);
  const next = world.records.get(guest.name);
  // It was started again while that was under way, and may have lost what it had been given by then.
  if (next !== undefined) doubtGuest(world, next);
  else if (taken === 'done') store.removeLedger(guest.name);
  else if (taken !== 'runs' && !isForGood(taken)) tryAgain(world, record, taken, tries);
}

// Nobody can ask for its refusals any more: the first is told.
function tryAgain(world: World, record: GuestRecord, failed: Failed, tries: number): void {
  const { clock } = world.ports;
  const refusal = refusalOf(record.guest.name, undefined, failed);
  if (refusal !== undefined && tries === 1) world.report.refusal(refusal);
  clock.wake(clock.now() + backoffMs(tries), () => void forgetLedger(world, record, tries + 1));
}
