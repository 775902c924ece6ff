import type { Runtime } from '../../model/guest.ts';
import type { Answer } from '../../ports/executor.ts';
import type { StoppedGuest } from '../../ports/life.ts';
import type { World } from '../world.ts';
import { historyOf } from './histories.ts';
import { isWedged } from './stop-guest.ts';
import { within } from './within.ts';

/** What the runtimes are asked to begin; of each guest one thing at a time, since the executor does no more. */
export class StartRequests {
  readonly #last = new Map<string, Promise<void>>();

  async ask(world: World, guest: string, isWanted: () => boolean): Promise<Answer<void>> {
    const before = this.#last.get(guest);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(guest, promise);
    try {
      await before;
      return await askToStart(world, guest, isWanted);
    } finally {
      resolve();
      if (this.#last.get(guest) === promise) this.#last.delete(guest);
    }
  }
}

/** Lets its runtime begin a guest, unless it is in quarantine or, by then, not wanted any more. */
async function askToStart(world: World, guest: string, isWanted: () => boolean): Promise<Answer<void>> {
  if (historyOf(world, guest).isQuarantined) return QUARANTINED;
  await within(world.ports.clock, CLEARING_MS, world.leavings.settled(guest));
  if (historyOf(world, guest).isQuarantined) return QUARANTINED;
  if (!isWanted()) return WITHDRAWN;
  const runtime = world.records.get(guest)?.guest.runtime;
  return runtime === undefined ? NO_GUEST : world.ports.life.start(stopped(world, guest, runtime));
}

/** What is left of the start before is in the way of some, and then is told. */
const CLEARING_MS = 3000;

const QUARANTINED: Answer<void> = { ok: false, failed: { errno: '', call: 'quarantine', subject: '' } };
const WITHDRAWN: Answer<void> = { ok: false, failed: { errno: '', call: 'withdrawn', subject: '' } };
const NO_GUEST: Answer<void> = { ok: false, failed: { errno: 'ENOENT', call: 'guest', subject: '' } };

function stopped({ settings: { lxcPath } }: World, name: string, runtime: Runtime): StoppedGuest {
  return { runtime, name, ...(runtime === 'lxc' && { folder: lxcPath }) };
}

/** Why a guest is not even begun; undefined: nothing is in the way. What is to end before it is started may never do so. */
export function startHindrance(world: World, guest: string, isEnding: boolean): string | undefined {
  if (isWedged(world, guest)) return 'the start of it before does not end';
  if (isEnding) return undefined;
  const runs = world.records.get(guest)?.guest.instance !== undefined;
  return !runs && historyOf(world, guest).isQuarantined ? IN_QUARANTINE : undefined;
}

export const IN_QUARANTINE = 'it is in quarantine';
