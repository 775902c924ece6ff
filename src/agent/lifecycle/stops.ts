import { beginStop, isOver } from '../../lifecycle/stop.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { StopSettings } from '../../model/lifecycle.ts';
import type { StopState } from '../../model/stop.ts';
import { createQueue, type Queue } from '../queue.ts';
import { noteStops } from '../stopping.ts';
import type { Ports, World } from '../world.ts';
import { stopPass } from './stop-pass.ts';
import { blockersText } from './stop-text.ts';
import type { Stops } from './stopped-guests.ts';
import { type StoppingGuest, stoppingGuest } from './stopping-guest.ts';

/** A queue of its own: a guest whose devices cannot be looked at is stopped all the same. */
export class GuestStops implements Stops {
  readonly #world: () => World;
  readonly #queue: Queue;
  readonly #stopping = new Map<string, StoppingGuest>();

  constructor(ports: Pick<Ports, 'clock'>, world: () => World) {
    this.#world = world;
    this.#queue = createQueue((guest) => this.#pass(guest), ports.clock);
  }

  begin(guest: string, of: GuestInstance, settings: StopSettings): void {
    const { clock } = this.#world().ports;
    const now = clock.sinceBoot();
    const known = this.#stopping.get(guest);
    if (known !== undefined && !isOver(known.state)) {
      known.state = { ...known.state, killAt: Math.min(known.state.killAt, now + settings.timeoutMs) };
    } else {
      const state = beginStop({ of, cgroupId: '', bootId: clock.bootId, settings, now });
      this.#stopping.set(guest, stoppingGuest(state));
    }
    noteStops(this.#world());
    this.look(guest);
  }

  takeUp(guests: Iterable<string>): void {
    const { clock, store } = this.#world().ports;
    for (const guest of guests) {
      const state = this.#stopping.has(guest) ? undefined : store.stop(guest);
      if (state?.bootId === clock.bootId && state.phase !== 'stopped') this.#stopping.set(guest, stoppingGuest(state));
      this.look(guest);
    }
    noteStops(this.#world());
  }

  look(guest: string): void {
    if (this.#stopping.has(guest)) this.#queue.add(guest);
  }

  of(guest: string): StopState | undefined {
    return this.#stopping.get(guest)?.state;
  }

  refusals(guest: string): readonly Refusal[] {
    const { state, blockers } = this.#stopping.get(guest) ?? {};
    return state?.phase === 'wedged'
      ? [{ code: 'E_WEDGED', subject: guest, detail: blockersText(blockers ?? []) }]
      : [];
  }

  forget(guest: string): void {
    this.#stopping.delete(guest);
    this.#queue.forget(guest);
    this.#world().ports.store.removeStop(guest);
  }

  async #pass(guest: string): Promise<number | undefined> {
    const stopping = this.#stopping.get(guest);
    if (stopping === undefined) return undefined;
    const wakeAt = await stopPass(this.#world(), guest, stopping, () => this.look(guest));
    if (stopping.state.phase === 'stopped') this.#stopping.delete(guest);
    if (isOver(stopping.state)) this.#world().starts.look();
    return wakeAt;
  }
}
