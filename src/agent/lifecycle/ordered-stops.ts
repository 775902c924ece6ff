import { stoppableNow } from '../../lifecycle/start-closure.ts';
import { processKey } from '../../model/process-key.ts';
import type { WaitingStop } from '../../model/stop.ts';
import type { EventView, StopView, StopWish } from '../../ports/agent.ts';
import { noteStops } from '../stopping.ts';
import type { World } from '../world.ts';
import { startOf } from './settings-of.ts';
import { isBeingStopped, stopGuest } from './stop-guest.ts';
import type { StopsTogether } from './stopped-guests.ts';

/** More of them at a time make each other slow. */
export const STOPS_AT_ONCE = 8;

/** Guests that are stopped together: each when all have ended that were started after it. */
export class OrderedStops implements StopsTogether {
  readonly #world: () => World;
  readonly #waiting = new Map<string, WaitingStop>();
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
    const after = world.report.history.last();
    this.#follow(world);
    const begun = guests.flatMap((guest) => this.#beginOne(world, guest, wish) ?? []);
    this.#keep(world);
    noteStops(world);
    this.#goOn();
    return begun.map((begun) => ({ ...begun, after }));
  }

  /** What the agent before had not come to; of those alone that have not ended since. */
  takeUp(): void {
    const world = this.#world();
    const { clock, store } = world.ports;
    const stored = store.waitingStops();
    if (stored?.bootId !== clock.bootId) return;
    for (const stop of stored.stops) {
      const isStillThere = runningStart(world, stop.guest) === stop.of;
      const isKnown = this.awaits(stop.guest) || isBeingStopped(world, stop.guest);
      if (isStillThere && !isKnown) this.#waiting.set(stop.guest, stop);
    }
    this.#follow(world);
    noteStops(world);
    this.#goOn();
  }

  areOver(): boolean {
    const world = this.#world();
    return this.#waiting.size === 0 && ![...world.records.keys()].some((guest) => isBeingStopped(world, guest));
  }

  #beginOne(world: World, guest: string, wish: StopWish): Pick<StopView, 'guest' | 'state'> | undefined {
    const of = runningStart(world, guest);
    if (of === undefined) return undefined;
    const phase = world.stops.of(guest)?.phase;
    if (phase === 'wedged') return { guest, state: 'wedged' };
    if (isBeingStopped(world, guest)) stopGuest(world, guest, wish);
    else this.#waiting.set(guest, { guest, of, ...wish });
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
    const before = this.#waiting.size;
    for (const guest of this.#waiting.keys()) if (runningStart(world, guest) === undefined) this.#isGone(world, guest);
    const stopping = [...world.records.keys()].filter((guest) => isBeingStopped(world, guest));
    const turn = stoppableNow([...stopping, ...this.#waiting.keys()], (guest) => startOf(world, guest));
    const next = turn.filter((guest) => this.#waiting.has(guest));
    for (const guest of next.slice(0, Math.max(0, STOPS_AT_ONCE - stopping.length))) {
      const wish = this.#waiting.get(guest);
      if (wish !== undefined) stopGuest(world, guest, wish);
      this.#waiting.delete(guest);
    }
    if (this.#waiting.size !== before) this.#keep(world);
  }

  #keep({ ports: { clock, store }, report }: World): void {
    const stops = [...this.#waiting.values()];
    for (const refusal of store.saveWaitingStops({ bootId: clock.bootId, stops })) report.refusal(refusal);
  }

  #isGone({ report }: World, guest: string): void {
    this.#waiting.delete(guest);
    report.fact({ kind: 'stop', guest, action: 'stopped', says: `${guest}: has ended before its turn` });
  }
}

function runningStart({ records }: World, guest: string): string | undefined {
  const instance = records.get(guest)?.guest.instance;
  return instance && processKey(instance);
}

// The end of a guest is told as such also where nobody stopped it.
function mayEndAStop({ kind }: EventView): boolean {
  return kind === 'stop' || kind === 'guest';
}
