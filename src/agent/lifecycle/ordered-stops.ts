import { stoppableNow, USUAL_START } from '../../lifecycle/start-closure.ts';
import { isOver } from '../../lifecycle/stop.ts';
import type { StartSettings } from '../../model/lifecycle.ts';
import type { EventView, StopView, StopWish } from '../../ports/agent.ts';
import { noteStops } from '../stopping.ts';
import type { World } from '../world.ts';
import { stopGuest } from './stop-guest.ts';
import type { StopsTogether } from './stopped-guests.ts';

/** More of them at a time make each other slow. */
export const STOPS_AT_ONCE = 8;

/** Guests that are stopped together: each when all have ended that were started after it. */
export class OrderedStops implements StopsTogether {
  readonly #world: () => World;
  readonly #waiting = new Map<string, StopWish>();
  #follows = false;

  constructor(world: () => World) {
    this.#world = world;
  }

  awaits(guest: string): boolean {
    return this.#waiting.has(guest);
  }

  /** Of these guests those that run. Whoever asks again may only shorten what goes on. */
  begin(guests: readonly string[], wish: StopWish): readonly StopView[] {
    const world = this.#world();
    const after = world.report.history.after(0).at(-1)?.number ?? 0;
    this.#follow(world);
    const begun = guests.filter((guest) => runs(world, guest)).map((guest) => this.#beginOne(world, guest, wish));
    noteStops(world);
    this.#goOn();
    return begun.map((begun) => ({ ...begun, after }));
  }

  areOver(): boolean {
    const world = this.#world();
    return this.#waiting.size === 0 && ![...world.records.keys()].some((guest) => isBeingStopped(world, guest));
  }

  #beginOne(world: World, guest: string, wish: StopWish): Pick<StopView, 'guest' | 'state'> {
    const phase = world.stops.of(guest)?.phase;
    if (phase === 'wedged') return { guest, state: 'wedged' };
    if (isBeingStopped(world, guest)) stopGuest(world, guest, wish);
    else this.#waiting.set(guest, wish);
    return { guest, state: 'stopping' };
  }

  #follow({ report: { history } }: World): void {
    if (this.#follows) return;
    this.#follows = true;
    history.follow((event) => {
      if (this.#waiting.size > 0 && mayEndAStop(event)) queueMicrotask(() => this.#goOn());
    });
  }

  #goOn(): void {
    const world = this.#world();
    for (const guest of this.#waiting.keys()) if (!runs(world, guest)) this.#isGone(world, guest);
    const stopping = [...world.records.keys()].filter((guest) => isBeingStopped(world, guest));
    const turn = stoppableNow([...stopping, ...this.#waiting.keys()], (guest) => startOf(world, guest));
    const next = turn.filter((guest) => this.#waiting.has(guest));
    for (const guest of next.slice(0, Math.max(0, STOPS_AT_ONCE - stopping.length))) {
      const wish = this.#waiting.get(guest);
      this.#waiting.delete(guest);
      if (wish !== undefined) stopGuest(world, guest, wish);
    }
  }

  #isGone({ report }: World, guest: string): void {
    this.#waiting.delete(guest);
    report.fact({ kind: 'stop', guest, action: 'stopped', says: `${guest}: has ended before its turn` });
  }
}

/** What is in force for its start. */
export function startOf({ config }: World, guest: string): StartSettings {
  return config.guests.find((one) => one.guest === guest)?.start ?? USUAL_START;
}

function runs({ records }: World, guest: string): boolean {
  return records.get(guest)?.guest.instance !== undefined;
}

function isBeingStopped({ stops }: World, guest: string): boolean {
  const state = stops.of(guest);
  return state !== undefined && !isOver(state);
}

// The end of a guest is told as such also where nobody stopped it.
function mayEndAStop({ kind }: EventView): boolean {
  return kind === 'stop' || kind === 'guest';
}
