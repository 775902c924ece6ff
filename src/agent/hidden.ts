import { correct } from '../devices/plan/corrections.ts';
import type { Told } from '../model/ledger.ts';
import type { Entry } from '../model/observed.ts';
import type { Clock } from '../ports/clock.ts';
import type { Executor } from '../ports/executor.ts';
import { withoutShared } from './untold.ts';
import type { GuestRecord } from './world.ts';

/** What of the world it needs. */
interface Eyes {
  readonly ports: { readonly executor: Pick<Executor, 'observe'>; readonly clock: Pick<Clock, 'now'> };
}

const DATA = '/run/udev/data';

/**
 * A guest that mounts something over /run, as an init does that begins, does not see any more what it was told: it is told
 * again. Looked at only when something was mounted, so that a /run that never answers cannot hold up every pass. Answers when
 * (monotonic ms) to look again at one that has hidden it too often.
 */
export async function forgetHidden({ ports: { executor, clock } }: Eyes, record: GuestRecord) {
  const { ledger } = record;
  const { told = [], listens, ...rest } = ledger;
  if (!record.remounted || record.opened === undefined) return undefined;
  const guest = record.guest.name;
  const again = correct(DATA, { guest, ledger, now: clock.now() });
  if (!again.allowed) return again.wakeAt;
  record.remounted = false;
  record.untold = withoutShared(record.untold);
  if (told.length === 0 && listens !== true) return undefined;
  const seen = await executor.observe(guest, [DATA, '/run/udev/control', ...told.map(entryPath)]);
  // A udevd of the guest's own keeps its files itself.
  if (!seen.ok || record.ledger !== ledger || seen.value.get('/run/udev/control')?.kind === 'socket') return undefined;
  const still = told.filter((one) => !isAbsent(seen.value, entryPath(one)));
  const isHidden = isAbsent(seen.value, DATA);
  if (still.length === told.length && !isHidden) return undefined;
  record.ledger = {
    ...rest,
    corrections: { ...rest.corrections, [DATA]: again.corrections },
    told: still,
    ...(listens && !isHidden && { listens }),
  };
  return undefined;
}

function entryPath({ number }: Told): string {
  return `${DATA}/${number.replace(':', '')}`;
}

function isAbsent(seen: ReadonlyMap<string, Entry>, path: string): boolean {
  return seen.get(path)?.kind === 'absent';
}
