import { newStart, planStarts } from '../../lifecycle/start-order.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import { processKey } from '../../model/process-key.ts';
import type { StartingGuest } from '../../model/start.ts';
import type { StopWish } from '../../ports/agent.ts';
import { findGuest } from '../guests.ts';
import { type Stopwatch, timed } from '../metrics/stopwatch.ts';
import { createQueue, type Queue } from '../queue.ts';
import type { Ports, World } from '../world.ts';
import { StartRequests, startHindrance } from './ask-to-start.ts';
import { ClearingGuests } from './clearing-guests.ts';
import { keepStarts } from './keep-starts.ts';
import { inOrderOfNow, startAwaitedAnew } from './order-in-force.ts';
import { isReady, probeMs } from './readiness.ts';
import { SaidReady } from './said-ready.ts';
import {
  failedSeen,
  failedStart,
  heldBack,
  isAwaited,
  isHeldOff,
  isKept,
  isSeenAnew,
  isUnbegun,
  isWantedAlready,
  mayCome,
  noteRun,
  nothingSeen,
  type StartSeen,
  unask,
} from './starting-guest.ts';
import type { Starts, WantedStart } from './starting-guests.ts';
import { startsAtOnce } from './starts-at-once.ts';
import { isToHalt, isWedged } from './stop-guest.ts';
import { startRefusal, tellStarts, tellWithdrawnStart } from './tell-starts.ts';
import { UnwantedStarts } from './unwanted-starts.ts';
import { whyNotStarted } from './why-not-started.ts';

/** Its one entry in the queue: all starts are decided on together. */
const ALL = '';

/** Starts guests in order. What is to be done is stored before it is. */
export class GuestStarts implements Starts {
  readonly #world: () => World;
  readonly #queue: Queue;
  readonly #probes: Queue;
  readonly #said: SaidReady;
  /** Of those in `#starts` alone. */
  readonly #seen = new Map<string, StartSeen>();
  readonly #requests = new StartRequests();
  #starts: readonly StartingGuest[] = [];
  #hasBooted = false;
  readonly #unwanted: UnwantedStarts;
  readonly #clearing: ClearingGuests;

  constructor({ clock }: Pick<Ports, 'clock'>, stopwatch: Stopwatch, world: () => World) {
    this.#world = world;
    this.#unwanted = new UnwantedStarts(world);
    this.#clearing = new ClearingGuests(world);
    const pass = timed(() => this.#pass(), clock, stopwatch);
    this.#queue = createQueue(pass, clock);
    this.#probes = createQueue((guest) => this.#probe(guest), clock);
    this.#said = new SaidReady((guest) => this.#probes.add(guest));
  }

  begin(wanted: readonly WantedStart[]): void {
    const now = this.#world().ports.clock.sinceBoot();
    const fresh = wanted.filter(
      (one) => one.of ?? !isWantedAlready(one, this.of(one.guest), this.#isComing(one.guest)),
    );
    const names = new Set(fresh.map(({ guest }) => guest));
    const others = this.#starts.filter(({ guest }) => !names.has(guest));
    const added = fresh.map((one) => ({ ...newStart(one.guest, one.settings, now), ...one }));
    for (const guest of names) this.#renew(guest);
    this.#starts = others;
    this.#put([...others, ...added]);
    this.look();
  }

  boot(wanted: readonly WantedStart[]): void {
    if (this.#hasBooted) return;
    this.#hasBooted = true;
    this.begin(wanted);
  }

  withdraw(guest: string, wish: StopWish, together: ReadonlySet<string> = new Set()): boolean {
    const start = this.of(guest);
    if (this.#unwanted.wish(guest, wish)) this.#keep();
    if (start === undefined) return this.#unwanted.has(guest);
    const seen = this.#seenOf(guest);
    if (this.#isComing(guest, seen)) this.#unwanted.add(guest, wish, seen);
    tellWithdrawnStart(this.#world(), guest, 'somebody stops it');
    this.#giveUp(start, 'somebody has stopped it', together);
    return this.#unwanted.has(guest);
  }

  takeUp(): void {
    const { clock, store } = this.#world().ports;
    const stored = this.#starts.length === 0 ? store.starts() : undefined;
    const isOfBoot = stored?.bootId === clock.bootId;
    if (isOfBoot) this.#starts = stored.starts;
    if (isOfBoot) this.#hasBooted ||= stored.hasBooted;
    this.#unwanted.takeUp((isOfBoot && stored.unwanted) || []);
    this.#stopFirst();
    // Another executor knows nothing of what the last one was asked.
    for (const { guest, phase } of this.#starts) unask(this.#seenOf(guest), phase, clock.sinceBoot());
    this.look();
  }

  look(): void {
    if (this.#starts.length + this.#unwanted.size > 0) this.#queue.add(ALL);
  }

  of(guest: string): StartingGuest | undefined {
    return this.#starts.find((start) => start.guest === guest);
  }

  refusals(guest: string): readonly Refusal[] {
    const start = this.of(guest);
    const refusal = start && startRefusal(start, this.#seen.get(guest)?.failed);
    return refusal === undefined ? [] : [refusal];
  }

  forget(guest: string): void {
    this.#probes.forget(guest);
    this.#said.forget(guest);
    if (this.#unwanted.drop(guest, 'is not on this host any more')) this.#keep();
    const start = this.of(guest);
    if (start === undefined) return;
    tellWithdrawnStart(this.#world(), guest, 'it is not on this host');
    this.#giveUp(start, 'it is not on this host');
  }

  // Those that wait for it do what it says for one that is late; of those that are given up with it nobody does.
  #giveUp(start: StartingGuest, why: string, together: ReadonlySet<string> = new Set()): void {
    const { guest } = start;
    const others = this.#starts.filter((one) => one !== start);
    const isMissed = isAwaited(guest, others, together);
    if (isMissed) this.#seen.set(guest, failedSeen(why));
    else this.#seen.delete(guest);
    this.#put(isMissed ? [...others, failedStart(start, this.#world().ports.clock.sinceBoot())] : others);
    this.look();
  }

  #put(starts: readonly StartingGuest[]): void {
    const world = this.#world();
    const before = new Map(this.#starts.map((start) => [start.guest, start]));
    const kept = new Set(starts.filter((start) => isKept(start, starts)));
    this.#starts = [...kept];
    this.#said.keepOnly(this.#starts);
    this.#keep();
    tellStarts(world, before, starts, (guest) => this.#seen.get(guest)?.failed);
    for (const start of starts)
      if (!kept.has(start) || isSeenAnew(before.get(start.guest), start, this.#seen.get(start.guest)))
        this.#seen.delete(start.guest);
  }

  // What its runtime is at work on is this start, unless it has come by now.
  #renew(guest: string): void {
    const seen = this.#unwanted.drop(guest, 'is started after all') ?? this.#seen.get(guest);
    if (seen && this.#isComing(guest, seen)) this.#seen.set(guest, Object.assign(seen, { failed: undefined }));
    else this.#seen.delete(guest);
  }

  #isComing(guest: string, seen = this.#seen.get(guest)): boolean {
    return seen !== undefined && mayCome(seen) && this.#instance(guest) === undefined;
  }

  #keep(): void {
    const [hasBooted, starts, unwanted] = [this.#hasBooted, this.#starts, this.#unwanted.kept()];
    keepStarts(this.#world(), { hasBooted, starts, ...(unwanted.length > 0 && { unwanted }) });
  }

  async #pass(): Promise<number | undefined> {
    const world = this.#world();
    const { clock } = world.ports;
    const now = clock.sinceBoot();
    startAwaitedAnew(world, this.#starts);
    const starts = this.#starts.map((start) => this.#heldBack(inOrderOfNow(world, start), now));
    const looks = starts.flatMap((start) => this.#note(start, now) ?? []);
    looks.push(...this.#clearing.look(starts, now));
    const before = starts.map((start) => this.#revived(this.#judged(start, now), now));
    const plan = planStarts(before, (guest) => this.#observe(guest), startsAtOnce(world), now);
    if (plan.starts.some((start, at) => start !== this.#starts[at])) this.#put(plan.starts);
    for (const start of this.#starts) this.#goOn(start);
    const unwanted = this.#unwanted.look(now);
    if (unwanted.isLess) this.#keep();
    looks.push(...unwanted.looks);
    if (plan.wakeAt !== undefined) looks.push(plan.wakeAt);
    return looks.length === 0 ? undefined : clock.now() + Math.max(0, Math.min(...looks) - now);
  }

  // The agent before may have ended just before it asked for that.
  #stopFirst(): void {
    const world = this.#world();
    const unasked = this.#starts.filter(({ guest, of }) => of && this.#isEnding(guest) && !world.stops.of(guest));
    const names = unasked.map(({ guest }) => guest);
    if (names.length > 0) world.orderedStops.begin(names, { kill: false });
  }

  #heldBack(start: StartingGuest, now: number): StartingGuest {
    const isAtWork = this.#instance(start.guest) === undefined && !this.#world().lives.isGone(start.guest);
    return isAtWork ? heldBack(start, this.#seenOf(start.guest), now) : start;
  }

  #judged(start: StartingGuest, now: number): StartingGuest {
    const { guest, phase } = start;
    const hindrance = isHeldOff(phase) ? startHindrance(this.#world(), guest, this.#isEnding(guest)) : undefined;
    const why = hindrance ?? this.#clearing.hindrance(start, now);
    if (why === undefined) return start;
    this.#seenOf(guest).failed = why;
    return { ...start, phase: 'failed', since: now };
  }

  // Somebody else has started one that could not be. What the kernel does not let end is no other start.
  #revived(start: StartingGuest, now: number): StartingGuest {
    const { guest, phase, settings } = start;
    const runs = this.#instance(guest) !== undefined && !isWedged(this.#world(), guest);
    if (phase !== 'failed' || !runs || this.#unwanted.has(guest) || this.#isEnding(guest)) return start;
    this.#seen.delete(guest);
    return newStart(guest, settings, now);
  }

  #note({ guest, phase, settings }: StartingGuest, now: number): number | undefined {
    if (isHeldOff(phase) && this.#instance(guest) !== undefined) this.#seen.delete(guest);
    if (phase !== 'starting' && phase !== 'late') return undefined;
    const isGone = this.#world().lives.isGone(guest);
    return noteRun(this.#seenOf(guest), this.#instance(guest), isGone, now, settings.timeoutMs);
  }

  #observe(guest: string) {
    const instance = this.#instance(guest);
    const { ready, failed, ran } = this.#seenOf(guest);
    return {
      runs: instance !== undefined,
      isReady: instance !== undefined && ready === processKey(instance),
      isFailed: failed !== undefined && instance === undefined,
      hasRun: ran !== undefined,
      isEnding: this.#isEnding(guest) || this.#clearing.has(guest),
    };
  }

  #isEnding(guest: string): boolean {
    if (isToHalt(this.#world(), guest)) return true;
    const [of, instance] = [this.of(guest)?.of, this.#instance(guest)];
    return of !== undefined && instance !== undefined && processKey(of) === processKey(instance);
  }

  #goOn({ guest, phase }: StartingGuest): void {
    if (phase !== 'starting' && phase !== 'late') return;
    const seen = this.#seenOf(guest);
    const instance = this.#instance(guest);
    if (instance === undefined && isUnbegun(phase, seen)) void this.#ask(guest, seen);
    if (instance === undefined || seen.probed === processKey(instance)) return;
    seen.probed = processKey(instance);
    this.#probes.add(guest);
  }

  async #ask(guest: string, seen: StartSeen): Promise<void> {
    const world = this.#world();
    seen.state = 'asked';
    const answer = await this.#requests.ask(world, guest, () => this.#seen.get(guest) === seen);
    if (!answer.ok && answer.failed.call === 'executor') return; // the next one is asked again
    seen.state = 'answered';
    seen.answeredAt = world.ports.clock.sinceBoot();
    await findGuest(world, guest);
    // Its runtime may not have cleared away yet, and somebody else may have begun it a moment before.
    if (!answer.ok) seen.refused = whyNotStarted(guest, world.settings.lxcPath, answer.failed);
    this.look();
  }

  async #probe(guest: string): Promise<number | undefined> {
    const world = this.#world();
    const start = this.of(guest);
    const instance = this.#instance(guest);
    const seen = this.#seenOf(guest);
    if (start === undefined || instance === undefined || seen.probed !== processKey(instance)) return undefined;
    if (start.phase !== 'starting' && start.phase !== 'late') return undefined;
    if (!(await isReady(world, guest, instance, start.settings.ready, this.#said))) {
      const { clock } = world.ports;
      return clock.now() + probeMs(start, clock.sinceBoot());
    }
    seen.ready = processKey(instance);
    this.look();
    return undefined;
  }

  #instance(guest: string): GuestInstance | undefined {
    return this.#world().records.get(guest)?.guest.instance;
  }

  #seenOf(guest: string): StartSeen {
    const seen = this.#seen.get(guest) ?? nothingSeen();
    this.#seen.set(guest, seen);
    return seen;
  }
}
