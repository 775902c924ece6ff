import { crashed, released } from '../../lifecycle/crash-loop.ts';
import { FIRST_MOMENTS_MS, heldForTheHost, hostKiller } from '../../lifecycle/host-killer.ts';
import { rebooted } from '../../lifecycle/reboot-loop.ts';
import { openEndOf, withEnd, withLasted, withOpenEnd, withRun } from '../../lifecycle/runs.ts';
import type { Refusal } from '../../model/failure.ts';
import { type Guest, type GuestInstance, unitsIn } from '../../model/guest.ts';
import type { OpenEnd, Run } from '../../model/guest-history.ts';
import { processKey } from '../../model/process-key.ts';
import { ranMs } from '../../model/ran-ms.ts';
import { isAskedForNow } from '../stopping.ts';
import type { World } from '../world.ts';
import { calendarMs } from './calendar-ms.ts';
import { foundStopped } from './found-stopped.ts';
import { historyOf, keepHistory } from './histories.ts';
import { keeperOf } from './keepers.ts';
import type { Lives } from './lived-guests.ts';
import { type Look, tellEnded, tellLate } from './look-into-end.ts';
import { quarantineOf, quarantineReading, rebootsText } from './quarantine.ts';
import { settingsOf } from './settings-of.ts';
import { startAgain } from './start-again.ts';
import { isBeingStopped, isToHalt } from './stop-guest.ts';
import { rebootText, tellLife, tellLost, tellStop } from './tell-lives.ts';
import { UnitExits } from './unit-exits.ts';

/** Its runtime clears away after it, or starts it again, if it wants to. */
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 5000;

/** Knows of every start and end what it was, and starts a guest again that ended by itself where its file says so. */
export class GuestLives implements Lives {
  readonly #world: () => World;
  readonly #open = new Map<string, Look>();
  /** Who sees to each, over its starts. */
  readonly #keepers = new Map<string, string>();
  readonly exits = new UnitExits();

  constructor(world: () => World) {
    this.#world = world;
  }

  found({ name, instance }: Guest): void {
    const world = this.#world();
    const before = historyOf(world, name);
    const end = openEndOf(before, world.ports.clock.bootId);
    if (instance === undefined) keepHistory(world, name, foundStopped(world, name, before));
    else if (end !== undefined && before.run?.instance !== processKey(instance)) this.#cameAgain(name, instance, end);
    else this.#runs(name, instance);
    tellLost(world, name, before.end, historyOf(world, name).end);
    this.#alert(name);
  }

  started(guest: string, instance: GuestInstance): void {
    const end = this.#open.get(guest)?.end;
    this.#close(guest);
    if (end === undefined) this.#runs(guest, instance);
    else this.#cameAgain(guest, instance, end);
  }

  ended(guest: string, instance: GuestInstance, isAskedFor: boolean): void {
    const world = this.#world();
    const at = calendarMs(world);
    this.#close(guest);
    if (isAskedFor) return keepHistory(world, guest, withEnd(historyOf(world, guest), 'stopped', at));
    const keeper = this.#keepers.get(guest);
    const end = { at, ranMs: ranMs(instance, world.ports.clock.uptime()), ...(keeper !== undefined && { keeper }) };
    keepHistory(world, guest, withOpenEnd(historyOf(world, guest), end));
    this.#lookInto(guest, end, unitsIn(instance.cgroup));
  }

  takeUp(guests: Iterable<string>): void {
    const world = this.#world();
    for (const guest of guests) {
      const end = openEndOf(historyOf(world, guest), world.ports.clock.bootId);
      const keeper = this.keeperOf(guest) ?? end?.keeper ?? world.stops.of(guest)?.keeper;
      if (keeper !== undefined) this.#keepers.set(guest, keeper);
      const isKnown = this.#open.has(guest) || world.records.get(guest)?.guest.instance !== undefined;
      if (end !== undefined && !isKnown) this.#lookInto(guest, end);
      this.stopUnwanted(guest);
    }
  }

  holdHostKiller(guests: readonly string[]): void {
    const world = this.#world();
    const histories = new Map(guests.map((guest) => [guest, historyOf(world, guest)]));
    const killer = hostKiller(histories, world.ports.clock.bootId);
    if (killer === undefined) return;
    keepHistory(world, killer, heldForTheHost(historyOf(world, killer)));
    this.#tellQuarantine(killer);
  }

  stopUnwanted(guest: string): void {
    const world = this.#world();
    const { run } = historyOf(world, guest);
    const instance = world.records.get(guest)?.guest.instance;
    if (run?.isUnwanted !== true || instance === undefined || run.instance !== processKey(instance)) return;
    if (isToHalt(world, guest)) return;
    world.starts.withdraw(guest, { kill: false });
    world.orderedStops.begin([guest], { kill: false });
  }

  withdraw(guest: string): boolean {
    const look = this.#open.get(guest);
    if (look === undefined) return false;
    this.#wish(guest, look, { ...look.end, isUnwanted: true });
    return !look.isTold;
  }

  // LXC answers nobody while it starts a guest again that rebooted, nor while the hooks run that come after the end of one.
  isGone(guest: string): boolean {
    const { guests } = this.#world().ports;
    const keeper = this.keeperOf(guest);
    return guests.isCleared(guest) && (keeper === undefined || !guests.isAtWork(keeper));
  }

  keeperOf(guest: string): string | undefined {
    return this.#keepers.get(guest);
  }

  release(guest: string): void {
    const world = this.#world();
    const history = historyOf(world, guest);
    if (history.isQuarantined || history.inARow > 0) keepHistory(world, guest, released(history));
    if (history.isQuarantined) this.#alert(guest);
    this.want(guest);
  }

  want(guest: string): void {
    const world = this.#world();
    const look = this.#open.get(guest);
    if (look?.end.isUnwanted !== true) return;
    const { isUnwanted: _, ...end } = look.end;
    this.#wish(guest, look, end);
    tellStop(world, guest, 'withdrawn', 'is started after all');
  }

  refusals(guest: string): readonly Refusal[] {
    const { uncleared } = this.#open.get(guest) ?? {};
    return [quarantineOf(guest, historyOf(this.#world(), guest)), uncleared].flatMap((refusal) => refusal ?? []);
  }

  forget(guest: string): void {
    const look = this.#open.get(guest);
    if (look !== undefined) tellEnded(this.#world(), guest, look);
    this.#close(guest);
    this.#keepers.delete(guest);
  }

  // An alert of another agent that was told is over as soon as this one sees that it is.
  #alert(guest: string): void {
    const world = this.#world();
    const history = historyOf(world, guest);
    const wakeAt = world.alerts.take(guest, { ...quarantineReading(history), hits: {}, guest: lifeNow(world, guest) });
    if (wakeAt === undefined) return;
    world.ports.clock.wake(wakeAt, () => {
      if (historyOf(world, guest).isQuarantined === history.isQuarantined) this.#alert(guest);
    });
  }

  #cameAgain(guest: string, instance: GuestInstance, end: OpenEnd): void {
    const world = this.#world();
    const before = historyOf(world, guest);
    if (!this.#hasRebooted(instance, end)) return this.#crashedAndCame(guest, instance, end);
    const after = rebooted(before, settingsOf(world, guest)?.restart?.reboot, end.at);
    this.#run(guest, instance, withEnd(after.history, 'rebooted', end.at), end.isUnwanted || after.isUnwanted);
    tellLife(world, guest, 'rebooted', rebootText(end, after));
    if (after.isOften === undefined) return;
    const code = after.isUnwanted ? 'E_REBOOTS' : 'W_REBOOTS';
    world.report.refusal({ code, subject: guest, detail: rebootsText(after.isOften) }, { guest });
    if (after.isUnwanted) this.#alert(guest);
  }

  #hasRebooted(instance: GuestInstance, { keeper }: OpenEnd): boolean {
    const hasRebooted = this.exits.hasRebooted(unitsIn(instance.cgroup));
    if (hasRebooted !== undefined) return hasRebooted;
    // By another monitor of LXC it was started by somebody else, who was faster than whoever starts it again.
    return keeper === undefined || keeper === keeperOf(this.#world(), instance, keeper);
  }

  // Whoever has started it again goes on with that, also where it is too often.
  #crashedAndCame(guest: string, instance: GuestInstance, { at, ranMs, isUnwanted, isUnseen }: OpenEnd): void {
    const world = this.#world();
    const before = historyOf(world, guest);
    if (isUnseen) return this.#run(guest, instance, withEnd(before, 'unseen', at), isUnwanted);
    const settings = settingsOf(world, guest)?.restart?.crash;
    const { history } = crashed(before, settings, { at, ranMs, chance: 0 });
    this.#run(guest, instance, withEnd(history, 'by-itself', at), isUnwanted);
    tellLife(world, guest, 'ended', 'has ended by itself, and was started again');
    if (history.isQuarantined && !before.isQuarantined) this.#tellQuarantine(guest);
  }

  #tellQuarantine(guest: string): void {
    for (const refusal of this.refusals(guest)) this.#world().report.refusal(refusal, { guest });
    this.#alert(guest);
  }

  // Nobody here starts one that is in quarantine. One that is being stopped may come up once more by itself, and one that is a unit
  // of systemd's is started again by that, whenever its RestartSec is over.
  #runs(guest: string, instance: GuestInstance): void {
    const world = this.#world();
    const before = historyOf(world, guest);
    this.#run(guest, instance);
    if (historyOf(world, guest) === before || !before.isQuarantined) return;
    const { clock, store } = world.ports;
    const isStopped = isBeingStopped(world, guest) || store.stop(guest)?.bootId === clock.bootId;
    const isOfService = unitsIn(instance.cgroup).some((unit) => unit.endsWith('.service'));
    if (!isStopped && !isOfService) this.release(guest);
  }

  #run(guest: string, instance: GuestInstance, before = historyOf(this.#world(), guest), isUnwanted = false): void {
    const world = this.#world();
    const keeper = keeperOf(world, instance, this.#keepers.get(guest));
    if (keeper === undefined) this.#keepers.delete(guest);
    else this.#keepers.set(guest, keeper);
    const { bootId } = world.ports.clock;
    const run = {
      instance: processKey(instance),
      bootId,
      ...(keeper && { keeper }),
      ...(isUnwanted && { isUnwanted }),
    };
    const after = withRun(before, run, calendarMs(world));
    keepHistory(world, guest, after);
    this.#awaitLasted(guest, run, FIRST_MOMENTS_MS - ranMs(instance, world.ports.clock.uptime()));
    this.exits.begun(unitsIn(instance.cgroup));
  }

  // Once for each start of it: nobody knows better how long the host lived then.
  #awaitLasted(guest: string, run: Run, waitMs: number): void {
    const world = this.#world();
    if (historyOf(world, guest).run?.hasLasted) return;
    const last = () => keepHistory(world, guest, withLasted(historyOf(world, guest), run));
    if (waitMs <= 0) last();
    else world.ports.clock.wake(world.ports.clock.now() + waitMs, last);
  }

  #close(guest: string): void {
    this.#open.get(guest)?.cancel();
    this.#open.delete(guest);
  }

  #lookInto(guest: string, end: OpenEnd, units: readonly string[] = []): void {
    const look = { end, since: this.#world().ports.clock.now(), units, uncleared: undefined, cancel: () => {} };
    this.#open.set(guest, look);
    this.#lookAgain(guest, look);
  }

  #lookAgain(guest: string, look: Look): void {
    const world = this.#world();
    const { clock } = world.ports;
    tellLate(world, guest, look, this.#keepers.get(guest));
    const waitMs = Math.min(Math.max((clock.now() - look.since) / 4, FIRST_LOOK_MS), LAST_LOOK_MS);
    look.cancel = clock.wake(clock.now() + waitMs, () => this.#look(guest, look));
  }

  #look(guest: string, look: Look): void {
    const world = this.#world();
    const { clock } = world.ports;
    const isOfUnit = world.records.get(guest)?.guest.runtime === 'nspawn';
    const isOver = this.isGone(guest) && (!isOfUnit || clock.now() >= look.since + this.exits.restartMs(look.units));
    if (!isOver) return this.#lookAgain(guest, look);
    this.#close(guest);
    const { isUnwanted, isUnseen, at } = look.end;
    const isAsked = isUnwanted || isAskedForNow(world, guest);
    if (!isAsked && !isUnseen) return this.#endedByItself(guest, look.end);
    const before = historyOf(world, guest);
    keepHistory(world, guest, withEnd(before, isAsked ? 'stopped' : 'unseen', at));
    tellLost(world, guest, before.end, historyOf(world, guest).end);
    tellEnded(world, guest, look);
  }

  // The next agent goes on with it.
  #wish(guest: string, look: Look, end: OpenEnd): void {
    look.end = end;
    keepHistory(this.#world(), guest, withOpenEnd(historyOf(this.#world(), guest), end));
  }

  // LXC keeps to itself whether it was powered off from inside.
  #endedByItself(guest: string, { at, ranMs }: OpenEnd): void {
    const world = this.#world();
    const settings = settingsOf(world, guest)?.restart?.crash;
    const before = historyOf(world, guest);
    const after = crashed(before, settings, { at, ranMs, chance: Math.random() });
    // Its start is kept first: an agent that comes in between goes on with it, and counts this end then.
    if (after.restartAt !== undefined) startAgain(world, guest, at, after.restartAt);
    keepHistory(world, guest, withEnd(after.history, 'by-itself', at));
    if (settings === undefined) return tellLife(world, guest, 'ended', 'has ended by itself');
    if (after.restartAt === undefined) this.#tellQuarantine(guest);
  }
}

function lifeNow({ records }: World, guest: string): 'running' | 'stopped' {
  return records.get(guest)?.guest.instance === undefined ? 'stopped' : 'running';
}
