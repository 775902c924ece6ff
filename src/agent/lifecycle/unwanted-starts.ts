import type { UnwantedStart } from '../../model/start.ts';
import type { StopWish } from '../../ports/agent.ts';
import type { World } from '../world.ts';
import { noteRun, nothingSeen, type StartSeen } from './starting-guest.ts';
import { tellStop } from './tell-lives.ts';

interface Unwanted extends UnwantedStart {
  readonly seen: StartSeen;
}

/** Guests that their runtime is at work on, and somebody wants stopped: each is as soon as it is there. */
export class UnwantedStarts {
  readonly #world: () => World;
  readonly #starts = new Map<string, Unwanted>();

  constructor(world: () => World) {
    this.#world = world;
  }

  get size(): number {
    return this.#starts.size;
  }

  has(guest: string): boolean {
    return this.#starts.has(guest);
  }

  add(guest: string, wish: StopWish, seen: StartSeen): void {
    this.#starts.set(guest, { guest, ...wish, seen: Object.assign(seen, { failed: undefined }) });
  }

  /** Who only asks for it again changes nothing of what somebody else has said. Answers whether anything was. */
  wish(guest: string, wish: StopWish): boolean {
    const known = this.#starts.get(guest);
    const isSaid = known !== undefined && (wish.kill || wish.timeoutMs !== undefined);
    if (isSaid) this.add(guest, wish, known.seen);
    return isSaid;
  }

  /** Who waits for its stop hears why it is none any more. Answers what was seen of its start. */
  drop(guest: string, why: string): StartSeen | undefined {
    const seen = this.#starts.get(guest)?.seen;
    if (this.#starts.delete(guest)) tellStop(this.#world(), guest, 'withdrawn', why);
    return seen;
  }

  /** As the next agent can take them up. */
  kept(): readonly UnwantedStart[] {
    return [...this.#starts.values()].map(({ seen: _, ...start }) => start);
  }

  /** What the agent before had not come to; and what the executor before was asked will not be answered. */
  takeUp(kept: readonly UnwantedStart[]): void {
    const answeredAt = this.#world().ports.clock.sinceBoot();
    for (const start of [...kept, ...this.kept()])
      this.#starts.set(start.guest, { ...start, seen: { ...nothingSeen(), state: 'answered', answeredAt } });
  }

  /** Stops those that are there by now. Answers whether there are fewer, and when to look again at the others. */
  look(now: number): { readonly isLess: boolean; readonly looks: readonly number[] } {
    const before = this.size;
    const looks: number[] = [];
    for (const { guest, seen, ...wish } of [...this.#starts.values()]) {
      const world = this.#world();
      const instance = world.records.get(guest)?.guest.instance;
      const lookAt = noteRun(seen, instance, world.lives.isGone(guest), now);
      if (lookAt !== undefined) looks.push(lookAt);
      if (instance === undefined && seen.failed === undefined) continue;
      this.#starts.delete(guest);
      if (instance !== undefined) world.orderedStops.begin([guest], wish);
      else tellStop(world, guest, 'stopped', 'was not started');
    }
    return { isLess: this.size < before, looks };
  }
}
