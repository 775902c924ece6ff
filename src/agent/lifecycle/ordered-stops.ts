import { isOver } from '../../lifecycle/stop.ts';
import { placeUntil } from '../../lifecycle/stop-deadlines.ts';
import { isTimeUp, nextPlace, type StopTurns, stopsNow } from '../../lifecycle/stop-turns.ts';
import { processKey } from '../../model/process-key.ts';
import type { WaitingStop } from '../../model/stop.ts';
import type { EventView, StopView, StopWish } from '../../ports/agent.ts';
import { noteStops } from '../stopping.ts';
import type { World } from '../world.ts';
import { giveBackTime } from './give-back-time.ts';
import { inTime } from './in-time.ts';
import { startOf, stopOf } from './settings-of.ts';
import { ended, isBeingStopped, isWedged, type StopNow, stopGuest } from './stop-guest.ts';
import type { StopsTogether } from './stopped-guests.ts';
import { isAwaitedNoMore, isStillThere, startNow } from './waiting-start.ts';

/** More of them at a time make each other slow. At a shutdown of the host that is said of what is run before a halt alone: it waits for nobody. */
export const STOPS_AT_ONCE = 8;

const LOOK_MS = 50;
/** A host that was to go down before, and did not, is told of by nobody. */
const LONG_OVER_MS = 600_000;

type Wish = StopWish & Pick<WaitingStop, 'isUrgent'>;

/** Guests that are stopped together: each when all have ended that were started after it. */
export class OrderedStops implements StopsTogether {
  readonly #world: () => World;
  readonly #waiting = new Map<string, WaitingStop>();
  /** The host is about to go down. */
  #withHost = false;
  /** When it ends them, in milliseconds since it started; undefined: nothing ends them, or it does not go down. */
  #endsAt: number | undefined;
  /** Those that wait for no other reason. */
  readonly #forHost = new Set<string>();
  /** Of those that do not run and may come again: since when, in milliseconds since the host started. */
  readonly #endedAt = new Map<string, number>();
  #follows = false;
  /** It goes on in a moment, whatever else happens until then. */
  #isDue = false;
  #unwake = () => {};

  constructor(world: () => World) {
    this.#world = world;
  }

  awaits(guest: string): boolean {
    return this.#waiting.has(guest);
  }

  begin(guests: readonly string[], wish: StopWish): readonly StopView[] {
    for (const guest of guests) this.#forHost.delete(guest);
    const { clock } = this.#world().ports;
    if (this.#endsAt !== undefined && clock.sinceBoot() > this.#endsAt + LONG_OVER_MS) this.withdrawWithHost();
    return this.#begin(guests, wish);
  }

  stopNow(guest: string, wished: StopWish): StopView {
    const world = this.#world();
    if (!this.awaits(guest)) return stopGuest(world, guest, wished);
    if (runningStart(world, guest) === undefined) return this.begin([guest], wished)[0] ?? ended(world, guest);
    const view = this.#stop(world, guest, this.#withWish(guest, wished));
    this.#forHost.delete(guest);
    this.#keep(world);
    return view;
  }

  beginWithHost(guests: readonly string[], endsAt: number | undefined): readonly StopView[] {
    this.#withHost = true;
    this.#endsAt = endsAt;
    for (const guest of guests) if (!this.awaits(guest)) this.#forHost.add(guest);
    return this.#begin(guests, { kill: false });
  }

  withdrawWithHost(): readonly string[] | undefined {
    giveBackTime(this.#world());
    if (!this.#withHost) return undefined;
    const spared = [...this.#waiting.keys()].filter((guest) => this.#forHost.has(guest));
    for (const guest of spared) this.#waiting.delete(guest);
    for (const [guest, { isUrgent: _, ...stop }] of this.#waiting) this.#waiting.set(guest, stop);
    this.#withHost = false;
    this.#endsAt = undefined;
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
    // Who is under way leaves time for those that wait, of whom all have to be known.
    const waitingFirst = [...guests].sort((one, other) => underWay(world, one) - underWay(world, other));
    const views = new Map(waitingFirst.map((guest) => [guest, this.#beginOne(world, guest, wish)]));
    const begun = guests.flatMap((guest) => views.get(guest) ?? []);
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
      const isKnown = this.awaits(stop.guest) || isBeingStopped(world, stop.guest);
      if (isStillThere(world, stop) && !isKnown) this.#takeUp(stop);
    }
    // The end of a shutdown that is over is nobody's any more.
    this.#withHost ||= stored.endsAt !== undefined && clock.sinceBoot() < stored.endsAt;
    if (this.#withHost) this.#endsAt ??= stored.endsAt;
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
    const isUnderWay = isBeingStopped(world, guest); // also one that has ended, and is not cleared away or comes up again
    const start = of === undefined ? this.#waiting.get(guest) : startNow(world, guest, of);
    if (isUnderWay) stopGuest(world, guest, of === undefined ? wish : this.#inTime(world, guest, wish));
    else if (start === undefined) return undefined;
    else this.#waiting.set(guest, { guest, ...start, ...this.#withWish(guest, wish) });
    return { guest, state: 'stopping' };
  }

  // Who only asks again changes nothing, and who says more knows more.
  #withWish(guest: string, wish: Wish): Wish {
    const known = this.#waiting.get(guest);
    const timeoutMs = wish.timeoutMs ?? known?.timeoutMs;
    return {
      kill: wish.kill || (known?.kill === true && wish.timeoutMs === undefined),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...((known?.isUrgent || wish.isUrgent) && { isUrgent: true }),
    };
  }

  #follow({ report: { history } }: World): void {
    if (this.#follows) return;
    this.#follows = true;
    history.follow((event) => {
      if (this.#isDue || this.#waiting.size === 0 || !mayEndAStop(event)) return;
      this.#isDue = true;
      queueMicrotask(() => {
        this.#isDue = false;
        this.#goOn();
      });
    });
  }

  #goOn(): void {
    const world = this.#world();
    const before = this.#waiting.size;
    const isOther = [...this.#waiting.values()].filter((stop) => this.#lookAt(world, stop)).length > 0;
    const turns = this.#turns(world);
    const next = stopsNow(turns).filter((guest) => runningStart(world, guest) !== undefined);
    if (next.length > 0 && isTimeUp(turns)) tellLate(world, next.length);
    for (const guest of next) {
      const wish = this.#waiting.get(guest);
      if (wish !== undefined) this.#stop(world, guest, wish);
    }
    if (isOther || this.#waiting.size !== before) this.#keep(world);
    this.#wakeForNext(world);
  }

  // It waits no longer: what was said of it until now is not said again in its turn.
  #stop(world: World, guest: string, wish: Wish): StopView {
    const now = this.#inTime(world, guest, wish);
    this.#waiting.delete(guest);
    return stopGuest(world, guest, now);
  }

  /** What has become of one that waits: it may have ended, and one that has rebooted is the same guest. Answers whether it is another start. */
  #lookAt(world: World, stop: WaitingStop): boolean {
    const { guest } = stop;
    const of = runningStart(world, guest);
    if (of !== undefined) this.#endedAt.delete(guest);
    else if (this.#isOver(world, stop)) this.#isGone(world, guest);
    if (of === undefined || of === stop.of) return false;
    this.#waiting.set(guest, { ...stop, ...startNow(world, guest, of) });
    return true;
  }

  #isOver(world: World, stop: WaitingStop): boolean {
    const now = world.ports.clock.sinceBoot();
    const endedAt = this.#endedAt.get(stop.guest) ?? now;
    this.#endedAt.set(stop.guest, endedAt);
    return isAwaitedNoMore(world, stop, now - endedAt);
  }

  // Nothing happens to one that hangs, and nobody tells that a runtime has cleared away.
  #wakeForNext(world: World): void {
    const { clock } = world.ports;
    this.#unwake();
    if (this.#waiting.size === 0) return;
    const now = clock.sinceBoot();
    const mayCome = [...this.#waiting.keys()].some((guest) => runningStart(world, guest) === undefined);
    const next = Math.min(nextPlace(this.#turns(world))?.at ?? Infinity, this.#endsAt ?? Infinity);
    const at = mayCome ? now + LOOK_MS : next;
    if (at < Infinity) this.#unwake = clock.wake(clock.now() + at - now, () => this.#goOn());
  }

  #inTime(world: World, guest: string, wish: Wish): StopNow {
    return this.#endsAt === undefined ? wish : inTime(world, guest, wish, this.#waiting, this.#endsAt);
  }

  #turns(world: World): StopTurns {
    const stopping = new Map<string, number>();
    for (const guest of world.records.keys()) {
      const state = world.stops.of(guest);
      if (state !== undefined && !isOver(state)) stopping.set(guest, placeUntil(state));
    }
    return {
      now: world.ports.clock.sinceBoot(),
      stopping,
      waiting: [...this.#waiting.keys()],
      startOf: (guest) => startOf(world, guest),
      takesRoom: this.#room(world),
      most: STOPS_AT_ONCE,
      ...(this.#endsAt !== undefined && { endsAt: this.#endsAt }),
    };
  }

  #room(world: World): (guest: string) => boolean {
    const isUrgent = this.#withHost || [...this.#waiting.values()].some((stop) => stop.isUrgent);
    return (guest) => !isUrgent || takesRoom(world, guest);
  }

  #keep({ ports: { clock, store }, report }: World): void {
    const stops = [...this.#waiting.values()].map((stop) => {
      return this.#forHost.has(stop.guest) ? { ...stop, isForHost: true as const } : stop;
    });
    const state = { bootId: clock.bootId, stops, ...(this.#endsAt !== undefined && { endsAt: this.#endsAt }) };
    for (const refusal of store.saveWaitingStops(state)) report.refusal(refusal);
  }

  #isGone({ report, starts }: World, guest: string): void {
    this.#waiting.delete(guest);
    this.#endedAt.delete(guest);
    report.fact({ kind: 'stop', guest, action: 'stopped', says: `${guest}: has ended before its turn` });
    starts.look(); // somebody may want it again
  }
}

/** What is run before its halt is work, and more; to be asked is not. */
export function takesRoom(world: World, guest: string): boolean {
  return stopOf(world, guest).before.length > 0;
}

function tellLate({ report }: World, count: number): void {
  const says = `the host waits no longer: ${count} guests are asked to halt at once, whoever has not ended before them`;
  report.fact({ kind: 'agent', severity: 'warning', says });
}

function underWay(world: World, guest: string): 0 | 1 {
  return isBeingStopped(world, guest) ? 1 : 0;
}

function runningStart({ records }: World, guest: string): string | undefined {
  const instance = records.get(guest)?.guest.instance;
  return instance && processKey(instance);
}

// The end of a guest is told as such also where nobody stopped it.
function mayEndAStop({ kind }: EventView): boolean {
  return kind === 'stop' || kind === 'guest';
}
