import { crashed, released } from '../../lifecycle/crash-loop.ts';
import { FIRST_MOMENTS_MS, heldForTheHost, hostKiller } from '../../lifecycle/host-killer.ts';
import { rebooted } from '../../lifecycle/reboot-loop.ts';
import { openEndOf, withEnd, withLasted, withOpenEnd, withoutRun, withRun } from '../../lifecycle/runs.ts';
import { TRIES } from '../../lifecycle/start-order.ts';
import type { Refusal } from '../../model/failure.ts';
import { type Guest, type GuestInstance, unitsIn } from '../../model/guest.ts';
import type { GuestHistory, OpenEnd, Run } from '../../model/guest-history.ts';
import { processKey } from '../../model/process-key.ts';
import { isAskedForNow } from '../stopping.ts';
import type { World } from '../world.ts';
import { historyOf, keepHistory } from './histories.ts';
import { keeperOf } from './keepers.ts';
import type { Lives } from './lived-guests.ts';
import { quarantineOf, rebootsText } from './quarantine.ts';
import { settingsOf, startOf } from './settings-of.ts';
import { isBeingStopped } from './stop-guest.ts';
import { seconds } from './stop-text.ts';
import { UnitExits } from './unit-exits.ts';

/** Its runtime clears away after it, or starts it again, if it wants to. */
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 5000;

/** An end that nobody asked for, until it is known what it was. */
interface Look {
  readonly end: OpenEnd;
  /** Since when it is looked for, in monotonic milliseconds. */
  readonly since: number;
  /** That it ran in, where that is known. */
  readonly units: readonly string[];
  cancel: () => void;
}

/** Knows of every start and end what it was, and starts a guest again that ended by itself where its file says so. */
export class GuestLives implements Lives {
  readonly #world: () => World;
  readonly #open = new Map<string, Look>();
  /** Who sees to each, over its starts. */
  readonly #keepers = new Map<string, string>();
  readonly #exits = new UnitExits();

  constructor(world: () => World) {
    this.#world = world;
  }

  found({ name, instance }: Guest): void {
    const world = this.#world();
    const before = historyOf(world, name);
    const end = openEndOf(before, world.ports.clock.bootId);
    if (instance === undefined) keepHistory(world, name, this.#notRunning(name, before));
    else if (end !== undefined && before.run?.instance !== processKey(instance)) this.#cameAgain(name, instance, end);
    else this.#runs(name, instance);
    tellLost(world, name, before.end, historyOf(world, name).end);
    this.#alert(name, historyOf(world, name).isQuarantined ? 1 : 0);
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
    const end = { at, ranMs: ranMs(world, instance), ...(keeper !== undefined && { keeper }) };
    keepHistory(world, guest, withOpenEnd(historyOf(world, guest), end));
    this.#lookInto(guest, end, unitsIn(instance.cgroup));
  }

  unitExited(unit: string, status: number | undefined): void {
    this.#exits.note(unit, status);
  }

  takeUp(guests: Iterable<string>): void {
    const world = this.#world();
    for (const guest of guests) {
      const end = openEndOf(historyOf(world, guest), world.ports.clock.bootId);
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
    if (isBeingStopped(world, guest) || world.orderedStops.awaits(guest)) return;
    world.starts.withdraw(guest, { kill: false });
    world.orderedStops.begin([guest], { kill: false });
  }

  withdraw(guest: string): void {
    const end = this.#open.get(guest)?.end;
    if (end === undefined) return;
    this.#close(guest);
    keepHistory(this.#world(), guest, withEnd(historyOf(this.#world(), guest), 'stopped', end.at));
  }

  // LXC answers nobody for a moment while it starts a guest again that rebooted.
  isGone(guest: string): boolean {
    const { guests } = this.#world().ports;
    const keeper = this.#keepers.get(guest);
    return guests.isCleared(guest) && (keeper === undefined || !guests.isAtWork(keeper));
  }

  release(guest: string): void {
    const world = this.#world();
    const history = historyOf(world, guest);
    if (history.isQuarantined || history.inARow > 0) keepHistory(world, guest, released(history));
    if (history.isQuarantined) this.#alert(guest, 0);
  }

  refusals(guest: string): readonly Refusal[] {
    const refusal = quarantineOf(guest, historyOf(this.#world(), guest));
    return refusal === undefined ? [] : [refusal];
  }

  forget(guest: string): void {
    this.#close(guest);
    this.#keepers.delete(guest);
  }

  // An alert of another agent that was told is over as soon as this one sees that it is.
  #alert(guest: string, quarantine: 0 | 1): void {
    const world = this.#world();
    const wakeAt = world.alerts.take(guest, { levels: { quarantine }, hits: {}, guest: lifeNow(world, guest) });
    if (wakeAt === undefined) return;
    world.ports.clock.wake(wakeAt, () => {
      if (historyOf(world, guest).isQuarantined === (quarantine === 1)) this.#alert(guest, quarantine);
    });
  }

  #cameAgain(guest: string, instance: GuestInstance, end: OpenEnd): void {
    const world = this.#world();
    const before = historyOf(world, guest);
    if (!this.#hasRebooted(instance, end)) return this.#crashedAndCame(guest, instance, end);
    const after = rebooted(before, settingsOf(world, guest)?.restart?.reboot, end.at);
    this.#run(guest, instance, withEnd(after.history, 'rebooted', end.at), after.isUnwanted);
    const isStopped = after.isUnwanted && after.isOften === undefined;
    tell(world, guest, 'rebooted', isStopped ? 'has rebooted, and is stopped, as its file says' : 'has rebooted');
    if (after.isOften === undefined) return;
    const code = after.isUnwanted ? 'E_REBOOTS' : 'W_REBOOTS';
    world.report.refusal({ code, subject: guest, detail: rebootsText(after.isOften) }, { guest });
    if (after.isUnwanted) this.#alert(guest, 1);
  }

  #hasRebooted(instance: GuestInstance, { keeper }: OpenEnd): boolean {
    const hasRebooted = this.#exits.hasRebooted(unitsIn(instance.cgroup));
    if (hasRebooted !== undefined) return hasRebooted;
    // By another monitor of LXC it was started by somebody else, who was faster than whoever starts it again.
    return keeper === undefined || keeper === keeperOf(this.#world(), instance, keeper);
  }

  // Whoever has started it again goes on with that, also where it is too often.
  #crashedAndCame(guest: string, instance: GuestInstance, { at, ranMs }: OpenEnd): void {
    const world = this.#world();
    const before = historyOf(world, guest);
    const settings = settingsOf(world, guest)?.restart?.crash;
    const { history } = crashed(before, settings, { at, ranMs, chance: 0 });
    this.#run(guest, instance, withEnd(history, 'by-itself', at));
    tell(world, guest, 'ended', 'has ended by itself, and was started again');
    if (history.isQuarantined && !before.isQuarantined) this.#tellQuarantine(guest);
  }

  #tellQuarantine(guest: string): void {
    for (const refusal of this.refusals(guest)) this.#world().report.refusal(refusal, { guest });
    this.#alert(guest, 1);
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
    const run = { instance: processKey(instance), bootId: world.ports.clock.bootId, ...(isUnwanted && { isUnwanted }) };
    const after = withRun(before, run, calendarMs(world));
    keepHistory(world, guest, after);
    this.#awaitLasted(guest, run, FIRST_MOMENTS_MS - ranMs(world, instance));
    this.#exits.forget(unitsIn(instance.cgroup));
  }

  // Once for each start of it: nobody knows better how long the host lived then.
  #awaitLasted(guest: string, run: Run, waitMs: number): void {
    const world = this.#world();
    if (historyOf(world, guest).run?.hasLasted) return;
    const last = () => keepHistory(world, guest, withLasted(historyOf(world, guest), run));
    if (waitMs <= 0) last();
    else world.ports.clock.wake(world.ports.clock.now() + waitMs, last);
  }

  #notRunning(guest: string, before: GuestHistory): GuestHistory {
    const world = this.#world();
    const { clock, store } = world.ports;
    const isOfBoot = before.run?.bootId === clock.bootId;
    // An agent before this one was asked to stop it.
    if (isOfBoot && store.stop(guest) !== undefined) return withEnd(before, 'stopped', calendarMs(world));
    return openEndOf(before, clock.bootId) ? before : withoutRun(before, clock.bootId, calendarMs(world));
  }

  #close(guest: string): void {
    this.#open.get(guest)?.cancel();
    this.#open.delete(guest);
  }

  #lookInto(guest: string, end: OpenEnd, units: readonly string[] = []): void {
    const look = { end, since: this.#world().ports.clock.now(), units, cancel: () => {} };
    this.#open.set(guest, look);
    this.#lookAgain(guest, look);
  }

  #lookAgain(guest: string, look: Look): void {
    const { clock } = this.#world().ports;
    const waitMs = Math.min(Math.max((clock.now() - look.since) / 4, FIRST_LOOK_MS), LAST_LOOK_MS);
    look.cancel = clock.wake(clock.now() + waitMs, () => this.#look(guest, look));
  }

  #look(guest: string, look: Look): void {
    const world = this.#world();
    const { clock } = world.ports;
    const isOfUnit = world.records.get(guest)?.guest.runtime === 'nspawn';
    const isOver = this.isGone(guest) && (!isOfUnit || clock.now() >= look.since + this.#exits.restartMs(look.units));
    if (!isOver) return this.#lookAgain(guest, look);
    this.#close(guest);
    if (isAskedForNow(world, guest))
      return keepHistory(world, guest, withEnd(historyOf(world, guest), 'stopped', look.end.at));
    this.#endedByItself(guest, look.end);
  }

  // LXC keeps to itself whether it was powered off from inside.
  #endedByItself(guest: string, { at, ranMs }: OpenEnd): void {
    const world = this.#world();
    const settings = settingsOf(world, guest)?.restart?.crash;
    const before = historyOf(world, guest);
    const after = crashed(before, settings, { at, ranMs, chance: Math.random() });
    keepHistory(world, guest, withEnd(after.history, 'by-itself', at));
    if (settings === undefined) return tell(world, guest, 'ended', 'has ended by itself');
    if (after.restartAt === undefined) return this.#tellQuarantine(guest);
    const { clock } = world.ports;
    // The calendar may have been set back since it ended.
    const waitMs = Math.min(Math.max(0, after.restartAt - calendarMs(world)), after.restartAt - at);
    world.report.refusal({ code: 'W_ENDED', subject: guest, detail: seconds(waitMs) }, { guest });
    const again = { guest, settings: startOf(world, guest), notBefore: clock.sinceBoot() + waitMs, tries: TRIES };
    world.starts.begin([again]);
  }
}

function lifeNow({ records }: World, guest: string): 'running' | 'stopped' {
  return records.get(guest)?.guest.instance === undefined ? 'stopped' : 'running';
}

function tellLost(world: World, guest: string, before: unknown, end: { readonly why: string } | undefined): void {
  if (end === undefined || end === before) return;
  if (end.why === 'host') world.report.refusal({ code: 'W_UNCLEAN', subject: guest }, { guest });
  else if (end.why === 'unseen') tell(world, guest, 'ended', 'has ended while no agent ran');
}

function tell({ report }: World, guest: string, action: string, says: string): void {
  report.fact({ kind: 'guest', guest, action, says: `${guest}: ${says}` });
}

function calendarMs({ ports: { clock } }: World): number {
  return Date.parse(clock.calendar());
}

function ranMs({ ports: { clock } }: World, { startTime }: GuestInstance): number {
  return clock.sinceBoot() - Number(startTime) * 10;
}
