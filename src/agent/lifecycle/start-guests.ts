import { withThoseBefore } from '../../lifecycle/start-closure.ts';
import { TRIES } from '../../lifecycle/start-order.ts';
import type { GuestChoice, StartView, StartWish, StopWish } from '../../ports/agent.ts';
import type { World } from '../world.ts';
import { historyOf } from './histories.ts';
import { startOf } from './settings-of.ts';
import type { WantedStart } from './starting-guests.ts';

/** Begins to start them and those that they wait for. Whoever wants to know the end follows the events from then on. */
export function startGuests(world: World, choice: GuestChoice, { timeoutMs }: StartWish): readonly StartView[] {
  const guests = chosen(world, choice, isAuto);
  if ('guests' in choice) for (const guest of guests) world.lives.release(guest);
  return begin(world, guests, timeoutMs);
}

/** Begins those that start with the host, once in each start of that. */
export function bootGuests(world: World): void {
  const guests = [...world.records.keys()].filter((guest) => isAuto(world, guest) && !runs(world, guest));
  world.lives.holdHostKiller(guests);
  world.starts.boot(wantedOf(world, guests).map((one) => ({ ...one, tries: TRIES })));
}

/** The same when those of them that run have ended. */
export function restartGuests(world: World, choice: GuestChoice, wish: StopWish): readonly StartView[] {
  const after = world.report.history.last();
  const guests = chosen(world, choice, runs);
  if ('guests' in choice) for (const guest of guests) world.lives.release(guest);
  const begun = begin(world, guests, undefined, new Set(guests));
  world.orderedStops.begin(guests, wish);
  return begun.map((view) => ({ ...view, after }));
}

function begin(
  world: World,
  guests: readonly string[],
  timeoutMs: number | undefined,
  again: ReadonlySet<string> = new Set(),
): readonly StartView[] {
  const after = world.report.history.last();
  const wanted = wantedOf(world, guests, timeoutMs, again);
  // One in quarantine is not started, and what somebody has said of its stop stands.
  for (const { guest } of wanted) if (!historyOf(world, guest).isQuarantined) world.lives.want(guest);
  world.starts.begin(wanted);
  return wanted.map(({ guest }) => ({ guest, after }));
}

function wantedOf(
  world: World,
  guests: readonly string[],
  timeoutMs?: number,
  again: ReadonlySet<string> = new Set(),
): readonly WantedStart[] {
  const all = [...withThoseBefore(guests, (guest) => startOf(world, guest))];
  return all.map((guest) => {
    const of = again.has(guest) ? world.records.get(guest)?.guest.instance : undefined;
    const settings = startOf(world, guest);
    const isAsked = timeoutMs !== undefined && guests.includes(guest);
    return { guest, settings: isAsked ? { ...settings, timeoutMs } : settings, ...(of && { of }) };
  });
}

/** Of all and of those with a mark: `most` says which are meant. */
function chosen(world: World, choice: GuestChoice, most: (world: World, guest: string) => boolean): readonly string[] {
  if ('guests' in choice) return choice.guests;
  const { mark } = choice;
  const all = [...world.records.keys()];
  if (mark === undefined) return all.filter((guest) => most(world, guest));
  const marked = all.filter((guest) => startOf(world, guest).marks.includes(mark));
  return most === runs ? marked.filter((guest) => runs(world, guest)) : marked;
}

function isAuto(world: World, guest: string): boolean {
  return startOf(world, guest).auto;
}

function runs({ records }: World, guest: string): boolean {
  return records.get(guest)?.guest.instance !== undefined;
}
