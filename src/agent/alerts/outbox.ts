import type { AlertMessage, QueuedMessage } from '../../model/alert-message.ts';
import type { AlertSink, Sent } from '../../ports/alert-sink.ts';
import type { SinkView } from '../../ports/alerts-view.ts';
import type { Clock } from '../../ports/clock.ts';
import { sendInTime } from './send-in-time.ts';

export interface OutboxWorld {
  readonly clock: Clock;
  /** What goes on now. */
  open(): readonly AlertMessage[];
  /** What waits is another. */
  changed(): void;
  /** It is told no more. */
  undelivered(sink: string, messages: readonly AlertMessage[], reason: string): void;
  /** It took everything until now. */
  fails(sink: string, reason: string): void;
}

export const MOST_WAITING = 256;
/** What nobody took for so long is told no more. */
export const KEEP_MS = 3_600_000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** An entry that is only told again is not missed when it does not arrive. */
type Entry = QueuedMessage & { readonly isAgain?: true };

/** What one sink is to be told, in order. No other sink waits for it. */
export class Outbox {
  readonly #sink: AlertSink;
  readonly #world: OutboxWorld;
  #queue: readonly Entry[];
  #inFlight: readonly Entry[] = [];
  #failures = 0;
  #failing: string | undefined;
  #rests = false;
  #repeats = false;
  #closed = false;
  #sent = 0;
  #undelivered = 0;

  constructor(sink: AlertSink, world: OutboxWorld, queued: readonly QueuedMessage[]) {
    this.#sink = sink;
    this.#world = world;
    this.#queue = queued;
    if (sink.repeatMs !== undefined) this.#repeatAfter(0); // whoever starts does not know what the sink knows
    this.#next();
  }

  put(message: AlertMessage): void {
    this.#add([{ message, at: this.#today() }]);
    this.repeat();
  }

  /** What goes on may be another; where the sink wants it, it is told again and again. */
  repeat(): void {
    if (this.#sink.repeatMs !== undefined) this.#repeatAfter(this.#sink.repeatMs);
  }

  /** What is not told yet. */
  waiting(): readonly QueuedMessage[] {
    return [...this.#inFlight, ...this.#queue].filter(isNews);
  }

  view(): SinkView {
    return {
      sink: this.#sink.name,
      waiting: this.waiting().length,
      sent: this.#sent,
      undelivered: this.#undelivered,
      ...(this.#failing !== undefined && { failing: this.#failing }),
    };
  }

  /** Sends nothing any more, and answers what it has not begun to send. */
  close(): readonly QueuedMessage[] {
    this.#closed = true;
    return this.#queue.filter(isNews);
  }

  #add(entries: readonly Entry[]): void {
    const all = [...this.#queue, ...entries];
    const dropped = all.slice(0, Math.max(0, all.length - MOST_WAITING));
    this.#queue = all.slice(dropped.length);
    this.#giveUp(dropped, `more than ${MOST_WAITING} alerts wait for it`);
    this.#next();
  }

  #next(): void {
    if (this.#closed || this.#rests || this.#inFlight.length > 0 || this.#queue.length === 0) return;
    this.#inFlight = this.#queue.slice(0, this.#sink.most);
    this.#queue = this.#queue.slice(this.#inFlight.length);
    const messages = this.#inFlight.map(({ message }) => message);
    void sendInTime(this.#sink, messages, this.#world.clock).then((sent) => this.#settle(sent));
  }

  #settle(sent: Sent): void {
    const entries = this.#inFlight;
    this.#inFlight = [];
    if (sent.ok) this.#took(entries);
    else this.#refused(entries, sent.reason, sent.isFinal);
    this.#world.changed();
    this.#next();
  }

  #took(entries: readonly Entry[]): void {
    this.#sent += entries.filter(isNews).length;
    this.#failures = 0;
    this.#failing = undefined;
  }

  #refused(entries: readonly Entry[], reason: string, isFinal: boolean): void {
    if (this.#failing === undefined) this.#world.fails(this.#sink.name, reason);
    this.#failing = reason;
    const tooOld = this.#today() - KEEP_MS;
    const isOver = ({ at }: Entry) => isFinal || this.#closed || at <= tooOld;
    this.#giveUp(entries.filter(isOver), reason);
    this.#queue = [...entries.filter((entry) => !isOver(entry) && isNews(entry)), ...this.#queue];
    if (!isFinal) this.#rest();
  }

  #rest(): void {
    const { clock } = this.#world;
    this.#failures += 1;
    this.#rests = true;
    clock.wake(clock.now() + retryMs(this.#failures), () => {
      this.#rests = false;
      this.#next();
    });
  }

  #giveUp(entries: readonly Entry[], reason: string): void {
    const missed = entries.filter(isNews).map(({ message }) => message);
    if (missed.length === 0) return;
    this.#undelivered += missed.length;
    this.#world.undelivered(this.#sink.name, missed, reason);
  }

  // What goes on is told again only where nothing newer waits: that comes first, and is told all the same.
  #repeatAfter(ms: number): void {
    const { clock } = this.#world;
    if (this.#repeats || this.#closed || this.#world.open().length === 0) return;
    this.#repeats = true;
    clock.wake(clock.now() + ms, () => {
      this.#repeats = false;
      const at = this.#today();
      const isIdle = !this.#closed && this.#queue.length === 0;
      if (isIdle) this.#add(this.#world.open().map((message) => ({ message, at, isAgain: true })));
      this.repeat();
    });
  }

  #today(): number {
    return Date.parse(this.#world.clock.calendar());
  }
}

/** Doubled each time, from a second to a minute. */
export function retryMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1));
}

function isNews({ isAgain }: Entry): boolean {
  return isAgain === undefined;
}
