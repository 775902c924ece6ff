import { isTriedAgain, newStart, planStarts } from '../../lifecycle/start-order.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import { processKey } from '../../model/process-key.ts';
import type { StartingGuest, StartsState } from '../../model/start.ts';
import type { StopWish } from '../../ports/agent.ts';
import { findGuest } from '../guests.ts';
import { type Stopwatch, timed } from '../metrics/stopwatch.ts';
import { createQueue, type Queue } from '../queue.ts';
import type { Ports, World } from '../world.ts';
import { askToStart, startHindrance } from './ask-to-start.ts';
import { isReady, probeMs } from './readiness.ts';
import { SaidReady } from './said-ready.ts';
import { noteRun, nothingSeen, type StartSeen } from './starting-guest.ts';
import type { Starts, WantedStart } from './starting-guests.ts';
import { isBeingStopped } from './stop-guest.ts';
import { startRefusal, tellStarts } from './tell-starts.ts';
import { UnwantedStarts } from './unwanted-starts.ts';
import { whyNotStarted } from './why-not-started.ts';

/** Its one entry in the queue: all starts are decided on together. */
const ALL = '';
const FEWEST = 2;
const MOST = 8;

/** Starts guests in order. What is to be done is stored before it is. */
export class GuestStarts implements Starts {
  readonly #world: () => World;
  readonly #queue: Queue;
  readonly #probes: Queue;
  readonly #said: SaidReady;
  readonly #seen = new Map<string, StartSeen>();
  #starts: readonly StartingGuest[] = [];
  #hasBooted = false;
  readonly #unwanted: UnwantedStarts;

  constructor({ clock }: Pick<Ports, 'clock'>, stopwatch: Stopwatch, world: () => World) {
    this.#world = world;
    this.#unwanted = new UnwantedStarts(world);
    const pass = timed(() => this.#pass(), clock, stopwatch);
    this.#queue = createQueue(pass, clock);
    this.#probes = createQueue((guest) => this.#probe(guest), clock);
    this.#said = new SaidReady((guest) => this.#probes.add(guest));
  }

  begin(wanted: readonly WantedStart[]): void {
    const now = this.#world().ports.clock.sinceBoot();
    const fresh = wanted.filter((one) => one.of ?? one.notBefore ?? !isUnderWay(this.of(one.guest)));
    const names = new Set(fresh.map(({ guest }) => guest));
    const others = this.#starts.filter(({ guest }) => !names.has(guest));
    const added = fresh.map((one) => ({ ...newStart(one.guest, one.settings, now), ...one }));
    for (const guest of names) this.#unwanted.drop(guest);
    for (const guest of names) if (this.#seen.get(guest)?.state !== 'asked') this.#seen.delete(guest);
    this.#starts = others;
    this.#put([...others, ...added]);
    this.look();
  }

  boot(wanted: readonly WantedStart[]): void {
    if (this.#hasBooted) return;
    this.#hasBooted = true;
    this.begin(wanted);
  }

  withdraw(guest: string, wish: StopWish): boolean {
    const start = this.of(guest);
    if (this.#unwanted.wish(guest, wish)) this.#keep();
    if (start === undefined) return this.#unwanted.has(guest);
    const isComing = (start.phase === 'starting' || start.phase === 'late') && this.#isComing(guest);
    if (isComing) this.#unwanted.add(guest, wish, this.#seenOf(guest));
    const says = `${guest}: is not started any more, since somebody stops it`;
    this.#world().report.fact({ kind: 'start', guest, action: 'withdrawn', says });
    if (this.#isAwaited(guest)) this.#fail(start, 'somebody has stopped it');
    else this.#drop(guest);
    return isComing;
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
    for (const seen of this.#seen.values()) if (seen.state === 'asked') seen.state = 'new';
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
    this.#seen.delete(guest);
    if (this.#unwanted.drop(guest)) this.#keep();
    if (this.of(guest) === undefined) return;
    const says = `${guest}: is not started any more, since it is not on this host`;
    this.#world().report.fact({ kind: 'start', guest, action: 'withdrawn', says });
    this.#drop(guest);
  }

  #isAwaited(guest: string): boolean {
    return this.#starts.some(({ phase, settings }) => isHeldOff(phase) && settings.after.includes(guest));
  }

  // Those that wait for it do what it says for one that is late.
  #fail(start: StartingGuest, why: string): void {
    const since = this.#world().ports.clock.sinceBoot();
    this.#seen.set(start.guest, { ...this.#seenOf(start.guest), failed: why }); // of what may still come more is seen
    const { of: _, notBefore: __, ...rest } = start;
    const failed = { ...rest, phase: 'failed' as const, since };
    this.#put(this.#starts.map((one) => (one === start ? failed : one)));
    this.look();
  }

  #drop(guest: string): void {
    if (this.of(guest) === undefined) return;
    this.#put(this.#starts.filter((start) => start.guest !== guest));
    this.look();
  }

  // One that is ready is over; one that failed is kept for as long as somebody waits for it.
  #put(starts: readonly StartingGuest[]): void {
    const world = this.#world();
    const before = new Map(this.#starts.map((start) => [start.guest, start]));
    this.#starts = starts.filter(({ phase }) => phase !== 'ready');
    this.#said.keepOnly(this.#starts);
    this.#keep();
    tellStarts(world, before, starts, (guest) => this.#seen.get(guest)?.failed);
    for (const start of starts) if (isTriedAgain(before.get(start.guest), start)) this.#seen.delete(start.guest);
  }

  #keep(): void {
    const { ports, report } = this.#world();
    const unwanted = this.#unwanted.kept();
    const state: StartsState = {
      bootId: ports.clock.bootId,
      hasBooted: this.#hasBooted,
      starts: this.#starts,
      ...(unwanted.length > 0 && { unwanted }),
    };
    for (const refusal of ports.store.saveStarts(state)) report.refusal(refusal);
  }

  async #pass(): Promise<number | undefined> {
    const world = this.#world();
    const { clock } = world.ports;
    const now = clock.sinceBoot();
    const looks = this.#starts.flatMap((start) => this.#note(start, now) ?? []);
    const before = this.#starts.map((start) => this.#revived(this.#judged(start, now), now));
    const plan = planStarts(before, (guest) => this.#observe(guest), atATime(world), now);
    if (plan.starts.some((start, at) => start !== this.#starts[at])) this.#put(plan.starts);
    for (const start of this.#starts) this.#goOn(start);
    looks.push(...this.#stopUnwanted(now));
    if (plan.wakeAt !== undefined) looks.push(plan.wakeAt);
    return looks.length === 0 ? undefined : clock.now() + Math.max(0, Math.min(...looks) - now);
  }

  // The agent before may have ended just before it asked for that.
  #stopFirst(): void {
    const world = this.#world();
    const unasked = this.#starts.filter(({ guest, of }) => of && this.#isEnding(guest) && !world.stops.of(guest));
    if (unasked.length > 0)
      world.orderedStops.begin(
        unasked.map(({ guest }) => guest),
        { kill: false },
      );
  }

  #isComing(guest: string): boolean {
    const { state, ran } = this.#seenOf(guest);
    return state !== 'new' && ran === undefined && this.#instance(guest) === undefined;
  }

  #stopUnwanted(now: number): readonly number[] {
    const { over, looks } = this.#unwanted.look(now);
    for (const guest of over) if (this.of(guest) === undefined) this.#seen.delete(guest);
    if (over.length > 0) this.#keep();
    return looks;
  }

  #judged(start: StartingGuest, now: number): StartingGuest {
    const { guest, phase } = start;
    const why = isHeldOff(phase) ? startHindrance(this.#world(), guest, this.#isEnding(guest)) : undefined;
    if (why === undefined) return start;
    this.#seenOf(guest).failed = why;
    return { ...start, phase: 'failed', since: now };
  }

  // Somebody else has started one that could not be.
  #revived(start: StartingGuest, now: number): StartingGuest {
    const runs = this.#instance(start.guest) !== undefined && !this.#unwanted.has(start.guest);
    if (start.phase !== 'failed' || !runs || this.#isEnding(start.guest)) return start;
    this.#seen.delete(start.guest);
    return newStart(start.guest, start.settings, now);
  }

  #note({ guest, phase, settings }: StartingGuest, now: number): number | undefined {
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
      isEnding: this.#isEnding(guest),
    };
  }

  #isEnding(guest: string): boolean {
    if (isBeingStopped(this.#world(), guest) || this.#world().orderedStops.awaits(guest)) return true;
    const [of, instance] = [this.of(guest)?.of, this.#instance(guest)];
    return of !== undefined && instance !== undefined && processKey(of) === processKey(instance);
  }

  #goOn({ guest, phase }: StartingGuest): void {
    if (phase !== 'starting' && phase !== 'late') return;
    const seen = this.#seenOf(guest);
    const instance = this.#instance(guest);
    const isNew = phase === 'starting' && seen.state === 'new' && seen.ran === undefined;
    if (instance === undefined && isNew) void this.#ask(guest, seen);
    if (instance === undefined || seen.probed === processKey(instance)) return;
    seen.probed = processKey(instance);
    this.#probes.add(guest);
  }

  async #ask(guest: string, seen: StartSeen): Promise<void> {
    const world = this.#world();
    seen.state = 'asked';
    const answer = await askToStart(world, guest, () => !this.#unwanted.has(guest));
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

function isHeldOff(phase: StartingGuest['phase']): boolean {
  return phase === 'waiting' || phase === 'held';
}

function isUnderWay(start: StartingGuest | undefined): boolean {
  return start?.phase === 'starting' || (start?.phase === 'waiting' && start.notBefore === undefined);
}

/** So many guests on their way at a time. */
function atATime({ ports: { cgroups } }: World): number {
  return Math.min(Math.max(cgroups.capacity().cpus, FEWEST), MOST);
}
