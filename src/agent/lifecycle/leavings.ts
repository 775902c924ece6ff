import { ENDS_MS, laterAt, ownOf, planLeavings, withBelongings } from '../../lifecycle/leavings.ts';
import type { Belonging, LeftBelonging, StartBelongings } from '../../model/belongings.ts';
import type { Refusal } from '../../model/failure.ts';
import { type GuestInstance, unitsIn } from '../../model/guest.ts';
import { processKey } from '../../model/process-key.ts';
import { createQueue, type Queue } from '../queue.ts';
import type { Ports, World } from '../world.ts';
import { leftText, nameOf } from './left-text.ts';
import type { Leavings } from './left-things.ts';
import { loopNotes } from './loop-notes.ts';
import { isBeingStopped } from './stop-guest.ts';

/** Interfaces may come a moment after init; the kernel may not have told of a loop device. */
const NOTED_AGAIN_MS = 2000;
const NOTED_RARELY_MS = 20 * 60_000;
/** The executor is busy, or another one comes; or somebody makes it look too long. */
const RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
/** So many looks that failed are waited for. */
const LOOKS_AWAITED = 3;
/** A stop has not come to what is left. */
const PAUSE_MS = 50;

/** One start that is over. */
interface Look {
  /** Monotonic milliseconds. */
  readonly since: number;
  /** Looks that failed, one after another. */
  failed: number;
  isSettled: boolean;
  isTold: boolean;
  left: readonly LeftBelonging[];
  /** What was taken away already. */
  readonly taken: Set<string>;
  /** What was told of as taken away, as people name it: on v1 a cgroup is in every hierarchy. */
  readonly told: Set<string>;
}

/** Knows what each start of a guest has of the host, and takes away what it leaves there. */
export class GuestLeavings implements Leavings {
  readonly lookAtLoops: () => void;
  readonly #world: () => World;
  readonly #queue: Queue;
  readonly #starts = new Map<string, readonly StartBelongings[]>();
  /** By guest and start. */
  readonly #looks = new Map<string, Map<string, Look>>();
  /** Of those that run: the start that was noted. */
  readonly #noted = new Map<string, string>();
  /** The start of which it is known what it has. */
  readonly #known = new Map<string, string>();
  #waiting: readonly { readonly guest: string; readonly resolve: () => void }[] = [];

  constructor(ports: Pick<Ports, 'clock'>, world: () => World) {
    this.#world = world;
    this.#queue = createQueue((guest) => this.#pass(guest), ports.clock);
    const guests = () => [...world().records.keys()];
    this.lookAtLoops = loopNotes(ports.clock, guests, (guest) => this.#noteNow(guest));
  }

  look(guest: string): void {
    const instance = this.#instance(guest);
    if (instance !== undefined && this.#noted.get(guest) !== processKey(instance)) {
      this.#noted.set(guest, processKey(instance));
      this.#noteStart(guest, instance);
    }
    if (this.#over(guest).length > 0) this.#queue.add(guest);
  }

  note(guest: string): void {
    void this.#noteNow(guest);
  }

  isSettled(guest: string): boolean {
    return this.#over(guest).every((start) => this.#looks.get(guest)?.get(processKey(start.of))?.isSettled);
  }

  settled(guest: string): Promise<void> {
    if (this.isSettled(guest)) return Promise.resolve();
    this.#queue.add(guest);
    return new Promise((resolve) => {
      this.#waiting = [...this.#waiting, { guest, resolve }];
    });
  }

  refusals(guest: string): readonly Refusal[] {
    const left = [...(this.#looks.get(guest)?.values() ?? [])].flatMap((look) => (look.isTold ? look.left : []));
    return left.length === 0 ? [] : [refusalOf(guest, left)];
  }

  // What an agent before this one has written down is what it has, and may be more by now.
  #noteStart(guest: string, instance: GuestInstance): void {
    const isKept = this.#startsOf(guest).some(({ of }) => processKey(of) === processKey(instance));
    if (isKept) this.#known.set(guest, processKey(instance));
    else this.note(guest);
    this.#noteAgain(guest, instance, NOTED_AGAIN_MS);
  }

  #noteAgain(guest: string, instance: GuestInstance, afterMs: number): void {
    const { clock } = this.#world().ports;
    clock.wake(clock.now() + afterMs, () => {
      const now = this.#instance(guest);
      if (now === undefined || processKey(now) !== processKey(instance)) return;
      this.note(guest);
      this.#noteAgain(guest, instance, Math.min(5 * afterMs, NOTED_RARELY_MS));
    });
  }

  async #noteNow(guest: string): Promise<void> {
    const instance = this.#instance(guest);
    if (instance === undefined) return;
    const { belongings, guests, clock } = this.#world().ports;
    const answer = await belongings.of(instance, guests.cgroups(instance));
    if (!answer.ok && answer.failed.call === 'busy') clock.wake(clock.now() + NOTED_AGAIN_MS, () => this.note(guest));
    if (!answer.ok) return; // it has ended
    // systemd clears its units away by itself.
    const has = answer.value.filter(({ kind, name }) => kind !== 'cgroup' || unitsIn(name).length === 0);
    this.#known.set(guest, processKey(instance));
    if (has.length > 0) this.#keep(guest, withBelongings(this.#startsOf(guest), { of: instance, has }));
  }

  async #pass(guest: string): Promise<number | undefined> {
    const { clock } = this.#world().ports;
    if (mayBeKilled(this.#world(), guest)) return clock.now() + PAUSE_MS;
    const wakes: number[] = [];
    for (const start of this.#over(guest)) wakes.push(...(await this.#seeTo(guest, start)));
    this.#settle(guest);
    return wakes.length === 0 ? undefined : Math.min(...wakes);
  }

  /** Answers when to look again; nothing: it has left nothing. */
  async #seeTo(guest: string, start: StartBelongings): Promise<readonly number[]> {
    const { clock, belongings } = this.#world().ports;
    const look = this.#lookOf(guest, start);
    const answer = await belongings.left(ownOf(start, this.#startsOf(guest)));
    if (!answer.ok) return [clock.now() + this.#failed(guest, look)];
    look.failed = 0;
    const seen = { left: answer.value, since: look.since, isCleared: this.#isCleared(guest) };
    const plan = planLeavings(seen, clock.now());
    if (await this.#takeAway(guest, start, look, plan.takes)) return [clock.now()];
    look.left = answer.value;
    const sharedAt = plan.isSettled ? await this.#clearShared(start, look) : undefined;
    const wakeAt = plan.wakeAt ?? sharedAt;
    look.isSettled = plan.isSettled && (sharedAt === undefined || clock.now() - look.since >= ENDS_MS);
    if (wakeAt === undefined) this.#drop(guest, start);
    else if (look.isSettled) this.#tell(guest, start, look);
    return wakeAt === undefined ? [] : [wakeAt];
  }

  /** Answers when to try again: who uses it last goes by himself, with his last hook. */
  async #clearShared({ has }: StartBelongings, { since }: Look): Promise<number | undefined> {
    const { clock, belongings } = this.#world().ports;
    const answer = await belongings.clearShared(has);
    const isUsed = !answer.ok && (answer.failed.errno === 'EBUSY' || answer.failed.call === 'executor');
    return isUsed ? laterAt(since, clock.now()) : undefined;
  }

  // What cannot be seen keeps nobody from going on.
  #failed(guest: string, look: Look): number {
    look.failed += 1;
    look.isSettled ||= look.failed >= LOOKS_AWAITED && this.#isCleared(guest);
    return Math.min(RETRY_MS * 2 ** (look.failed - 1), LAST_RETRY_MS);
  }

  async #takeAway(guest: string, start: StartBelongings, look: Look, takes: readonly Belonging[]): Promise<boolean> {
    const { ports, report } = this.#world();
    let isTaken = false;
    for (const what of takes.filter(({ id }) => !look.taken.has(id))) {
      const answer = await ports.belongings.takeAway(start.of, what, start.has);
      if (!answer.ok) continue;
      isTaken = true;
      look.taken.add(what.id);
      const name = nameOf(what);
      const says = `${guest}: had left ${name}, which is taken away`;
      if (!look.told.has(name)) report.fact({ kind: 'guest', guest, action: 'taken-away', says });
      look.told.add(name);
    }
    return isTaken;
  }

  // Once, whichever agent does it.
  #tell(guest: string, start: StartBelongings, look: Look): void {
    if (look.isTold || look.left.length === 0) return;
    look.isTold = true;
    this.#world().report.refusal(refusalOf(guest, look.left), { guest });
    const isIt = ({ of }: StartBelongings) => processKey(of) === processKey(start.of);
    this.#keep(
      guest,
      this.#startsOf(guest).map((one) => (isIt(one) ? { ...one, isTold: true } : one)),
    );
  }

  // What the next start has is known before anything is taken away.
  #isCleared(guest: string): boolean {
    const instance = this.#instance(guest);
    if (instance === undefined) return this.#world().lives.isGone(guest);
    return this.#known.get(guest) === processKey(instance);
  }

  #settle(guest: string): void {
    if (!this.isSettled(guest)) return;
    const over = this.#waiting.filter((one) => one.guest === guest);
    this.#waiting = this.#waiting.filter((one) => one.guest !== guest);
    for (const { resolve } of over) resolve();
    this.#world().stops.look(guest);
  }

  #over(guest: string): readonly StartBelongings[] {
    const instance = this.#instance(guest);
    const now = instance && processKey(instance);
    return this.#startsOf(guest).filter(({ of }) => processKey(of) !== now);
  }

  #instance(guest: string): GuestInstance | undefined {
    return this.#world().records.get(guest)?.guest.instance;
  }

  #lookOf(guest: string, { of, isTold }: StartBelongings): Look {
    const looks = this.#looks.get(guest) ?? new Map<string, Look>();
    const look = looks.get(processKey(of)) ?? {
      since: this.#world().ports.clock.now(),
      failed: 0,
      isSettled: false,
      isTold: isTold === true,
      left: [],
      taken: new Set<string>(),
      told: new Set<string>(),
    };
    this.#looks.set(guest, looks.set(processKey(of), look));
    return look;
  }

  #startsOf(guest: string): readonly StartBelongings[] {
    const { store, clock } = this.#world().ports;
    const stored = this.#starts.has(guest) ? undefined : store.belongings(guest);
    const starts = this.#starts.get(guest) ?? (stored?.bootId === clock.bootId ? stored.starts : []);
    this.#starts.set(guest, starts);
    return starts;
  }

  #keep(guest: string, starts: readonly StartBelongings[]): void {
    const { ports, report } = this.#world();
    this.#starts.set(guest, starts);
    const kept = new Set(starts.map(({ of }) => processKey(of)));
    for (const start of this.#looks.get(guest)?.keys() ?? [])
      if (!kept.has(start)) this.#looks.get(guest)?.delete(start);
    if (starts.length === 0) return ports.store.removeBelongings(guest);
    const { bootId } = ports.clock;
    for (const refusal of ports.store.saveBelongings(guest, { bootId, starts })) report.refusal(refusal, { guest });
  }

  #drop(guest: string, start: StartBelongings): void {
    const others = this.#startsOf(guest).filter((one) => processKey(one.of) !== processKey(start.of));
    this.#keep(guest, others);
  }
}

// Who is left in its cgroup is told and ended by the stop.
function mayBeKilled(world: World, guest: string): boolean {
  return isBeingStopped(world, guest) && world.stops.of(guest)?.phase !== 'empty';
}

function refusalOf(guest: string, left: readonly LeftBelonging[]): Refusal {
  return { code: 'W_LEFTOVERS', subject: guest, detail: leftText(left) };
}
