import { fits, smallestLimit } from '../../lifecycle/shutdown-fit.ts';
import { type GuestToStop, planShutdown } from '../../lifecycle/shutdown-plan.ts';
import { expectedStopMs } from '../../lifecycle/stop-times.ts';
import type { Refusal } from '../../model/failure.ts';
import type { ShutdownLimit } from '../../model/shutdown.ts';
import type { ShutdownView } from '../../ports/shutdown.ts';
import type { World } from '../world.ts';
import type { GoingDown } from './going-down.ts';
import { historyOf } from './histories.ts';
import { STOPS_AT_ONCE, takesRoom } from './ordered-stops.ts';
import { startOf, stopOf } from './settings-of.ts';
import { seconds } from './stop-text.ts';

/** Of many guests a plan is no small work, and everybody who looks at the agent asks for it. */
const FRESH_MS = 10_000;

/** What a shutdown of this host would be, from the stops that were. */
export class Forecast implements GoingDown {
  isSaid = false;
  readonly #world: () => World;
  #limits: readonly ShutdownLimit[] = [];
  #known: { readonly view: ShutdownView; readonly until: number } | undefined;

  constructor(world: () => World) {
    this.#world = world;
  }

  async look(): Promise<void> {
    this.#limits = await this.#world().ports.shutdownLimits.read();
    this.#known = undefined;
  }

  isOurs(): boolean {
    return this.#limits.some(({ isOurs }) => isOurs);
  }

  view(budgetMs?: number): ShutdownView {
    const world = this.#world();
    const budget = budgetMs ?? world.config.settings.shutdownBudgetMs;
    const limits = budget === undefined ? this.#limits : [budgetOf(budget), ...this.#limits];
    const smallest = smallestLimit(limits);
    const { totalMs, stops, critical } = planShutdown(guestsToStop(world, this.#isToldEarly()), STOPS_AT_ONCE);
    return {
      totalMs,
      stops: stops.map((stop) => ({ ...stop, learned: historyOf(world, stop.guest).stops.length })),
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

  // Without logind's word guests halt when the service is stopped, some at a time, as by the command.
  #isToldEarly(): boolean {
    return this.#limits.some(({ ends, ms }) => ends === 'before' && ms !== undefined);
  }

  warnings(): readonly Refusal[] {
    return tooLong(this.lately());
  }
}

function budgetOf(ms: number): ShutdownLimit {
  return { name: 'budget', ms, ends: 'guests' };
}

function guestsToStop(world: World, isToldEarly: boolean): readonly GuestToStop[] {
  return [...world.records.values()].flatMap(({ guest: { name, instance } }) => {
    if (instance === undefined) return [];
    const { timeoutMs } = stopOf(world, name);
    const stopMs = expectedStopMs(historyOf(world, name), timeoutMs);
    return { guest: name, start: startOf(world, name), stopMs, takesRoom: !isToldEarly || takesRoom(world, name) };
  });
}

function tooLong({ totalMs, critical, smallest, fits }: ShutdownView): readonly Refusal[] {
  if (fits || smallest?.ms === undefined) return [];
  const path = critical.slice(0, 5).join(', ');
  const detail = `guests take ${seconds(totalMs)} to halt (${path}), and ${smallest.name} is ${seconds(smallest.ms)}`;
  return [{ code: 'W_SHUTDOWN', subject: 'shutdown', detail }];
}
