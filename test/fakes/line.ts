import type { Answer } from '../../src/ports/executor.ts';
import type { HostEvent } from '../../src/ports/host.ts';
import type { Steps } from './steps.ts';

const GONE = { ok: false, failed: { errno: 'EPIPE', call: 'executor', subject: '' } } as const;

/** One executor as the agent has it: requests are performed each in its lane, answers and events come in the order in which they were said. */
export class Line {
  /** Guests that are open, with the cgroup's init they were opened by. */
  readonly opened = new Map<string, number>();
  readonly watched = new Map<string, ReadonlySet<string>>();
  /** Guests whose control files are watched. */
  readonly limits = new Set<string>();
  /** Guests whose end is watched, with the init. */
  readonly ends = new Map<string, number>();
  /** What the executor does when its agent ends, by cgroup. */
  readonly afterwards = new Map<string, () => void>();
  /** What is leased, by cgroup. */
  readonly leases = new Map<string, { readonly cancel: () => void; readonly end: () => void }>();
  subsystems: readonly string[] | 'all' | undefined;
  #ended = false;
  readonly #waiting = new Set<(answer: typeof GONE) => void>();
  readonly #untold = new Set<HostEvent>();
  readonly #steps: Steps;
  readonly #tell: (event: HostEvent) => void;

  constructor(steps: Steps, tell: (event: HostEvent) => void) {
    this.#steps = steps;
    this.#tell = tell;
  }

  ask<T>(lane: string, perform: () => Answer<T>): Promise<Answer<T>> {
    if (this.#ended) return Promise.resolve(GONE);
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      this.#steps.take(lane, () => {
        if (!this.#ended) this.#answer(perform(), resolve);
      });
    });
  }

  /** What takes its time: whoever waits for it is told when the executor dies. */
  during<T>(work: Promise<Answer<T>>): Promise<Answer<T>> {
    if (this.#ended) return Promise.resolve(GONE);
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      void work.then((answer) => {
        if (!this.#ended) this.#answer(answer, resolve);
      });
    });
  }

  event(event: HostEvent): void {
    this.#untold.add(event);
    this.#say(() => {
      if (this.#untold.delete(event)) this.#tell(event);
    });
  }

  /** Events of these kinds that are not told yet never are. */
  lose(...kinds: readonly HostEvent['kind'][]): void {
    for (const event of this.#untold) if (kinds.includes(event.kind)) this.#untold.delete(event);
  }

  /** The executor dies: whoever waits for it is told, and what it had not said is never said. */
  end(): void {
    const waiting = [...this.#waiting];
    this.#stop();
    for (const resolve of waiting) resolve(GONE);
  }

  /** The agent dies, and the executor ends as it should: nobody is told anything any more. */
  cut(): void {
    for (const perform of this.afterwards.values()) perform();
    this.#stop();
  }

  #stop(): void {
    this.#ended = true;
    for (const { end } of this.leases.values()) end();
    this.#waiting.clear();
  }

  #answer<T>(answer: Answer<T>, resolve: (answer: Answer<T>) => void): void {
    this.#say(() => {
      this.#waiting.delete(resolve);
      resolve(answer);
    });
  }

  #say(word: () => void): void {
    this.#steps.take('line', () => {
      if (!this.#ended) word();
    });
  }
}
