import { isDeepStrictEqual } from 'node:util';
import { fits, smallestLimit } from '../../lifecycle/shutdown-fit.ts';
import { type GuestToStop, planShutdown, type ShutdownPlan } from '../../lifecycle/shutdown-plan.ts';
import { placeMs } from '../../lifecycle/stop-deadlines.ts';
import { knownFrom } from '../../lifecycle/stop-times.ts';
import type { Refusal } from '../../model/failure.ts';
import type { KnownFrom, ShutdownLimit } from '../../model/shutdown.ts';
import type { ShutdownView } from '../../ports/shutdown.ts';
import type { World } from '../world.ts';
import type { GoingDown } from './going-down.ts';
import { expectedMs, historyOf } from './histories.ts';
import { STOPS_AT_ONCE, takesRoom } from './ordered-stops.ts';
import { startOf, stopOf } from './settings-of.ts';
import { ShutdownWarning, tooLong } from './shutdown-warning.ts';

/** Of many guests a plan is no small work, and everybody who looks at the agent asks for it. */
const FRESH_MS = 10_000;

/** What a shutdown of this host would be, from the stops that were. */
export class Forecast implements GoingDown {
  isSaid = false;
  readonly #world: () => World;
  #limits: readonly ShutdownLimit[] = [];
  #known: { readonly view: ShutdownView; readonly until: number } | undefined;
  /** The longest part of it, which most of the time is what it was. */
  #planned: { readonly of: readonly GuestToStop[]; readonly plan: ShutdownPlan } | undefined;

  #warning: ShutdownWarning | undefined;

  constructor(world: () => World) {
    this.#world = world;
  }

  async look(): Promise<void> {
    this.#limits = await this.#world().ports.shutdownLimits.read();
    this.#known = undefined;
    this.#warning?.soon();
  }

  isOurs(): boolean {
    return this.#limits.some(({ isOurs }) => isOurs);
  }

  limitMs(): number | undefined {
    return smallestLimit(this.#allLimits())?.ms;
  }

  view(budgetMs?: number): ShutdownView {
    const world = this.#world();
    const limits = this.#allLimits(budgetMs);
    const smallest = smallestLimit(limits);
    const { totalMs, stops, critical } = this.#plan(guestsToStop(world, this.#isToldEarly()));
    return {
      totalMs,
      stops: stops.map((stop) => ({ ...stop, ...knownOf(world, stop.guest) })),
      critical,
      limits,
      ...(smallest && { smallest }),
      fits: fits(totalMs, smallest),
    };
  }

  lately(): ShutdownView {
    const now = this.#world().ports.clock.now();
    if (this.#known === undefined || now >= this.#known.until)
      this.#known = { view: this.view(), until: now + FRESH_MS };
    return this.#known.view;
  }

  #allLimits(budgetMs = this.#world().config.settings.shutdownBudgetMs): readonly ShutdownLimit[] {
    return budgetMs === undefined ? this.#limits : [budgetOf(budgetMs), ...this.#limits];
  }

  #plan(guests: readonly GuestToStop[]): ShutdownPlan {
    const known = this.#planned;
    if (known !== undefined && isDeepStrictEqual(known.of, guests)) return known.plan;
    const plan = planShutdown(guests, STOPS_AT_ONCE);
    this.#planned = { of: guests, plan };
    return plan;
  }

  // Without logind's word guests halt when the service is stopped, some at a time, as by the command.
  #isToldEarly(): boolean {
    return this.#limits.some(({ ends, ms }) => ends === 'before' && ms !== undefined);
  }

  warnings(): readonly Refusal[] {
    return tooLong(this.lately());
  }

  beginToWarn(): void {
    this.#warning = new ShutdownWarning(this.#world());
    this.#warning.soon();
  }
}

function budgetOf(ms: number): ShutdownLimit {
  return { name: 'budget', ms, ends: 'guests' };
}

function knownOf(world: World, guest: string): KnownFrom {
  return knownFrom(historyOf(world, guest), stopOf(world, guest).timeoutMs);
}

function guestsToStop(world: World, isToldEarly: boolean): readonly GuestToStop[] {
  return [...world.records.values()].flatMap(({ guest: { name, instance } }) => {
    if (instance === undefined) return [];
    const stop = stopOf(world, name);
    return {
      guest: name,
      start: startOf(world, name),
      stopMs: expectedMs(world, name),
      takesRoom: !isToldEarly || takesRoom(world, name),
      placeMs: placeMs(stop),
    };
  });
}
