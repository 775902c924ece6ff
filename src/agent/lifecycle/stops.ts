import { beginStop, isOver, takesDevices, withKillAt } from '../../lifecycle/stop.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { StopSettings } from '../../model/lifecycle.ts';
import { processKey } from '../../model/process-key.ts';
import type { StopState } from '../../model/stop.ts';
import type { StoppingView } from '../../ports/agent.ts';
import { type Stopwatch, timed } from '../metrics/stopwatch.ts';
import { createQueue, type Queue } from '../queue.ts';
import { noteStops } from '../stopping.ts';
import type { Ports, World } from '../world.ts';
import { blockersText } from './blockers-text.ts';
import { stopKeeperOf } from './keepers.ts';
import { keepStop, stopPass } from './stop-pass.ts';
import type { HostsEnd, Stops } from './stopped-guests.ts';
import { handOver, type StoppingGuest, stoppingGuest, takenUp } from './stopping-guest.ts';
import { tellWithdrawn } from './tell-end.ts';

/** A queue of its own: a guest whose devices cannot be looked at is stopped all the same. */
export class GuestStops implements Stops {
  readonly #world: () => World;
  readonly #queue: Queue;
  readonly #stopping = new Map<string, StoppingGuest>();

  constructor({ clock }: Pick<Ports, 'clock'>, stopwatch: Stopwatch, world: () => World) {
    this.#world = world;
    this.#queue = createQueue(
      timed((guest) => this.#pass(guest), clock, stopwatch),
      clock,
    );
  }

  begin(guest: string, of: GuestInstance, settings: StopSettings, host?: HostsEnd): void {
    const { clock } = this.#world().ports;
    const now = clock.sinceBoot();
    const known = this.#stopping.get(guest);
    const own = host && { ownKillAt: now + host.ownMs, hostEndsAt: host.endsAt };
    if (known !== undefined && !isOver(known.state)) {
      known.state = { ...withKillAt(known.state, now + settings.timeoutMs), ...own };
    } else {
      if (known !== undefined) known.isForgotten = true;
      const keeper = stopKeeperOf(this.#world(), guest, of);
      const begun = { of, cgroupId: '', bootId: clock.bootId, settings, now, ...(keeper !== undefined && { keeper }) };
      this.#stopping.set(guest, stoppingGuest({ ...beginStop(begun), ...own }));
    }
    const stopping = this.#stopping.get(guest);
    // Whoever asked was told that it is being stopped: the next agent knows that too.
    if (stopping !== undefined) keepStop(this.#world(), guest, stopping);
    noteStops(this.#world());
    this.look(guest);
  }

  takeUp(guests: Iterable<string>): void {
    const { clock, store } = this.#world().ports;
    for (const guest of guests) {
      const known = this.#stopping.get(guest);
      if (known !== undefined) handOver(known);
      const state = known === undefined ? store.stop(guest) : undefined;
      if (state?.bootId === clock.bootId && state.phase !== 'stopped')
        this.#stopping.set(guest, takenUp(state, clock.sinceBoot()));
      else if (state !== undefined) store.removeStop(guest);
      this.look(guest);
    }
    noteStops(this.#world());
  }

  look(guest: string): void {
    if (this.#stopping.has(guest)) this.#queue.add(guest);
  }

  of(guest: string): StopState | undefined {
    return this.#ofNow(guest)?.state;
  }

  takesDevices(guest: string): boolean {
    const state = this.of(guest);
    return state !== undefined && takesDevices(state);
  }

  view(guest: string): StoppingView | undefined {
    const stopping = this.#ofNow(guest);
    if (stopping === undefined) return undefined;
    const { phase, killAt } = stopping.state;
    const leftMs = Math.max(0, Math.round(killAt - this.#world().ports.clock.sinceBoot()));
    return { phase, leftMs, waits: stopping.waits.text };
  }

  populated(guest: string, isPopulated: boolean): void {
    const stopping = this.#stopping.get(guest);
    if (stopping === undefined) return;
    stopping.isPopulated = isPopulated;
    this.look(guest);
  }

  refusals(guest: string): readonly Refusal[] {
    const { state } = this.#stopping.get(guest) ?? {};
    return state?.phase === 'wedged'
      ? [{ code: 'E_WEDGED', subject: guest, detail: blockersText(state.blockers ?? [], state.blockerCount) }]
      : [];
  }

  forget(guest: string): void {
    const { ports } = this.#world();
    const stopping = this.#stopping.get(guest);
    if (stopping !== undefined) stopping.isForgotten = true;
    if (stopping !== undefined) tellWithdrawn(this.#world(), guest, stopping.state);
    if (stopping?.isHeard) void ports.life.unwatchEnd(guest);
    this.#stopping.delete(guest);
    this.#queue.forget(guest);
    ports.store.removeStop(guest);
  }

  // Where something of the start before does not end, the one that runs now is none the worse for it.
  #ofNow(guest: string): StoppingGuest | undefined {
    const stopping = this.#stopping.get(guest);
    const runs = this.#world().records.get(guest)?.guest.instance;
    const isOfBefore =
      runs !== undefined && stopping !== undefined && processKey(runs) !== processKey(stopping.state.of);
    return isOfBefore && stopping.state.phase === 'wedged' ? undefined : stopping;
  }

  async #pass(guest: string): Promise<number | undefined> {
    const world = this.#world();
    const stopping = this.#stopping.get(guest);
    if (stopping === undefined) return undefined;
    const wakeAt = await stopPass(world, guest, stopping, () => this.look(guest));
    if (isOver(stopping.state)) world.starts.look();
    if (stopping.state.phase !== 'stopped' || this.#stopping.get(guest) !== stopping) return wakeAt;
    this.#stopping.delete(guest);
    if (stopping.isHeard) void world.ports.life.unwatchEnd(guest);
    leaveToItself(world, guest);
    return undefined;
  }
}

// Somebody has started it since: it has its devices again, and what becomes of it is nobody's wish.
function leaveToItself(world: World, guest: string): void {
  if (world.records.get(guest)?.guest.instance === undefined) return;
  noteStops(world);
  world.queue.add(guest);
}
