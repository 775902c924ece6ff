import { stopsNow } from '../../lifecycle/stop-turns.ts';
import { processKey } from '../../model/process-key.ts';
import type { WaitingStop } from '../../model/stop.ts';
import type { EventView, StopView, StopWish } from '../../ports/agent.ts';
import { noteStops } from '../stopping.ts';
import type { World } from '../world.ts';
import { startOf, stopOf } from './settings-of.ts';
import { isBeingStopped, isWedged, stopGuest } from './stop-guest.ts';
import type { StopsTogether } from './stopped-guests.ts';

/** More of them at a time make each other slow. At a shutdown of the host that is said of what is run before a halt alone: it waits for nobody. */
export const STOPS_AT_ONCE = 8;

type Wish = StopWish & Pick<WaitingStop, 'isUrgent'>;

/** Guests that are stopped together: each when all have ended that were started after it. */
export class OrderedStops implements StopsTogether {
  readonly #world: () => World;
  readonly #waiting = new Map<string, WaitingStop>();
  /** The host is about to go down. */
  #withHost = false;
  /** Those that wait for no other reason. */
  readonly #forHost = new Set<string>();
  #follows = false;

  constructor(world: () => World) {
    this.#world = world;
  }

  awaits(guest: string): boolean {
    return this.#waiting.has(guest);
  }

  begin(guests: readonly string[], wish: StopWish): readonly StopView[] {
    for (const guest of guests) this.#forHost.delete(guest);
    return this.#begin(guests, wish);
  }

  beginWithHost(guests: readonly string[]): readonly StopView[] {
    this.#withHost = true;
    for (const guest of guests) if (!this.awaits(guest)) this.#forHost.add(guest);
    return this.#begin(guests, { kill: false });
  }

  withdrawWithHost(): readonly string[] | undefined {
    if (!this.#withHost) return undefined;
    const spared = [...this.#waiting.keys()].filter((guest) => this.#forHost.has(guest));
    for (const guest of spared) this.#waiting.delete(guest);
    for (const [guest, { isUrgent: _, ...stop }] of this.#waiting) this.#waiting.set(guest, stop);
    this.#withHost = false;
    this.#forHost.clear();
    this.#keep(this.#world());
    noteStops(this.#world());
    return spared;
  }

  #begin(guests: readonly string[], wished: StopWish): readonly StopView[] {
    const world = this.#world();
    const wish: Wish = { ...wished, ...(this.#withHost && { isUrgent: true }) };
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
      if (isStillThere && !isKnown) this.#takeUp(stop);
    }
    this.#follow(world);
    noteStops(world);
    this.#goOn();
  }

  #takeUp({ isForHost, ...stop }: WaitingStop): void {
    this.#waiting.set(stop.guest, stop);
    if (isForHost) this.#forHost.add(stop.guest);
    this.#withHost ||= stop.isUrgent === true;
  }

  areOver(): boolean {
    const world = this.#world();
    return this.#waiting.size === 0 && ![...world.records.keys()].some((guest) => isBeingStopped(world, guest));
  }

  #beginOne(world: World, guest: string, wish: Wish): Pick<StopView, 'guest' | 'state'> | undefined {
    if (isWedged(world, guest)) return { guest, state: 'wedged' };
    const of = runningStart(world, guest);
    if (of === undefined) return undefined;
    if (isBeingStopped(world, guest)) stopGuest(world, guest, wish);
    else this.#waiting.set(guest, { guest, of, ...this.#withWish(guest, wish) });
    return { guest, state: 'stopping' };
  }

  // Who only asks again changes nothing.
  #withWish(guest: string, wish: Wish): Wish {
    const known = this.#waiting.get(guest);
    const timeoutMs = wish.timeoutMs ?? known?.timeoutMs;
    return {
      kill: known?.kill || wish.kill,
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...((known?.isUrgent || wish.isUrgent) && { isUrgent: true }),
    };
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
    const turns = { stopping, waiting: [...this.#waiting.keys()], takesRoom: this.#room(world), most: STOPS_AT_ONCE };
    for (const guest of stopsNow({ ...turns, startOf: (guest) => startOf(world, guest) })) {
      const wish = this.#waiting.get(guest);
      if (wish !== undefined) stopGuest(world, guest, wish);
      this.#waiting.delete(guest);
    }
    if (this.#waiting.size !== before) this.#keep(world);
  }

  #room(world: World): (guest: string) => boolean {
    const isUrgent = this.#withHost || [...this.#waiting.values()].some((stop) => stop.isUrgent);
    return (guest) => !isUrgent || takesRoom(world, guest);
  }

  #keep({ ports: { clock, store }, report }: World): void {
    const stops = [...this.#waiting.values()].map((stop) => {
      return this.#forHost.has(stop.guest) ? { ...stop, isForHost: true as const } : stop;
    });
    for (const refusal of store.saveWaitingStops({ bootId: clock.bootId, stops })) report.refusal(refusal);
  }

  #isGone({ report }: World, guest: string): void {
    this.#waiting.delete(guest);
    report.fact({ kind: 'stop', guest, action: 'stopped', says: `${guest}: has ended before its turn` });
  }
}

/** What is run before its halt is work, and more; to be asked is not. */
export function takesRoom(world: World, guest: string): boolean {
  return stopOf(world, guest).before.length > 0;
}

function runningStart({ records }: World, guest: string): string | undefined {
  const instance = records.get(guest)?.guest.instance;
  return instance && processKey(instance);
}

// The end of a guest is told as such also where nobody stopped it.
function mayEndAStop({ kind }: EventView): boolean {
  return kind === 'stop' || kind === 'guest';
}
