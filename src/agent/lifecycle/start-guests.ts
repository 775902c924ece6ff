import { withThoseBefore } from '../../lifecycle/start-closure.ts';
import { TRIES } from '../../lifecycle/start-order.ts';
import type { GuestChoice, StartView, StartWish, StopWish } from '../../ports/agent.ts';
import type { World } from '../world.ts';
import { historyOf } from './histories.ts';
import { startOf } from './settings-of.ts';
import type { WantedStart } from './starting-guests.ts';
import { isToHalt } from './stop-guest.ts';

/** Begins to start them and those that they wait for. Whoever wants to know the end follows the events from then on. */
export function startGuests(world: World, choice: GuestChoice, { timeoutMs }: StartWish): readonly StartView[] {
  const guests = chosen(world, choice, isAuto);
  if ('guests' in choice) for (const guest of guests) world.lives.release(guest);
  return begin(world, wantedOf(world, guests, timeoutMs));
}

/** Begins those that start with the host, once in each start of that. */
export function bootGuests(world: World): void {
  const guests = [...world.records.keys()].filter((guest) => isAuto(world, guest) && !runs(world, guest));
  world.lives.holdHostKiller(guests);
  world.starts.boot(wantedOf(world, guests).map((one) => ({ ...one, tries: TRIES })));
}

/** The same when those of them that run have ended. One in quarantine that nobody names would not come up again: it runs on. */
export function restartGuests(world: World, choice: GuestChoice, wish: StopWish): readonly StartView[] {
  const after = world.report.history.last();
  const guests = chosen(world, choice, runs);
  if ('guests' in choice) for (const guest of guests) world.lives.release(guest);
  const spared = new Set(guests.filter((guest) => historyOf(world, guest).isQuarantined));
  const others = guests.filter((guest) => !spared.has(guest));
  for (const guest of spared) tellSpared(world, guest);
  const wanted = wantedOf(world, others, undefined, new Set(others));
  const begun = begin(
    world,
    wanted.filter(({ guest }) => !spared.has(guest)),
  );
  world.orderedStops.begin(others, wish);
  return [...spared, ...begun.map(({ guest }) => guest)].map((guest) => ({ guest, after }));
}

/** What those wait for by now that are being started already: who asks for a guest asks for these, too, but for one that somebody stops. */
export function startMissing(world: World, guests: readonly string[]): void {
  const isMissing = (guest: string) => world.starts.of(guest) === undefined && !isStopped(world, guest);
  const missing = wantedOf(world, guests.filter(isMissing)).filter(({ guest }) => isMissing(guest));
  if (missing.length > 0) begin(world, missing);
}

function isStopped(world: World, guest: string): boolean {
  if (isToHalt(world, guest)) return true;
  return !runs(world, guest) && historyOf(world, guest).end?.why === 'stopped';
}

function tellSpared({ report }: World, guest: string): void {
  const says = `${guest}: is in quarantine, and is not restarted with others; hostler restart ${guest} restarts it`;
  report.fact({ kind: 'start', guest, action: 'failed', severity: 'warning', says });
}

function begin(world: World, wanted: readonly WantedStart[]): readonly StartView[] {
  const after = world.report.history.last();
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
