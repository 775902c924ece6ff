/** In which order things happen that nothing puts in order: what is in one lane happens in the order in which it came. */
export interface Steps {
  take(lane: string, step: () => void): void;
}

/** As soon as whoever asked has finished. */
export const soon: Steps = { take: (_lane, step) => queueMicrotask(step) };

/** Nothing happens before the test picks a lane. */
export class PickedSteps implements Steps {
  readonly #lanes = new Map<string, (() => void)[]>();

  take(lane: string, step: () => void): void {
    const waiting = this.#lanes.get(lane);
    if (waiting) waiting.push(step);
    else this.#lanes.set(lane, [step]);
  }

  isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  holds(lane: string): boolean {
    return this.#lanes.has(lane);
  }

  /** Everything that waits in one lane. */
  finish(lane: string): void {
    for (const step of this.#lanes.get(lane) ?? []) step();
    this.#lanes.delete(lane);
  }

  /** The first step of one lane; which one, the number says. */
  pick(choice: number): void {
    const lanes = [...this.#lanes];
    const [lane, steps] = lanes[choice % lanes.length] ?? ['', []];
    const step = steps.shift();
    if (steps.length === 0) this.#lanes.delete(lane);
    step?.();
  }
}
