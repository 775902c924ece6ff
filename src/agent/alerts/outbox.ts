import type { AlertMessage, QueuedMessage } from '../../model/alert-message.ts';
import type { AlertSink, Sent } from '../../ports/alert-sink.ts';
import type { SinkView } from '../../ports/alerts-view.ts';
import type { Clock } from '../../ports/clock.ts';
import { Round } from './round.ts';
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

/** Of news, for a sink that does not take them. */
export const MOST_WAITING = 256;
/** For one that takes them, but not as fast as they come. */
export const MOST_BEHIND = 4096;
/** What nobody took for so long is told no more. */
export const KEEP_MS = 3_600_000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** One that is only told again is not missed when it does not arrive; one that was refused with others is told alone. */
interface Entry {
  readonly message: AlertMessage;
  /** Since when it waits, on the monotonic clock: a calendar that is set makes nothing old. */
  readonly from: number;
  readonly isAgain?: true;
  readonly alone?: true;
}

/** What one sink is to be told, in order. No other sink waits for it. */
export class Outbox {
  readonly #sink: AlertSink;
  readonly #world: OutboxWorld;
  #queue: readonly Entry[];
  #inFlight: readonly Entry[] = [];
  readonly #round = new Round();
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
    const today = this.#today();
    this.#queue = queued.map(({ message, at }) => ({ message, from: world.clock.now() - Math.max(0, today - at) }));
    if (sink.repeatMs !== undefined) this.#repeatAfter(0); // whoever starts does not know what the sink knows
    this.#next();
  }

  put(message: AlertMessage): void {
    this.#round.leaveOut(message);
    this.#queue = [...this.#queue, { message, from: this.#world.clock.now() }];
    this.#bound();
    this.#next();
    this.repeat();
  }

  /** What goes on may be another; where the sink wants it, it is told again and again. */
  repeat(): void {
    if (this.#sink.repeatMs !== undefined) this.#repeatAfter(this.#sink.repeatMs);
  }

  /** What is not told yet. */
  waiting(): readonly QueuedMessage[] {
    return this.#queued([...this.#inFlight, ...this.#queue]);
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
    return this.#queued(this.#queue);
  }

  #queued(entries: readonly Entry[]): readonly QueuedMessage[] {
    const base = this.#today() - this.#world.clock.now();
    return entries.filter(isNews).map(({ message, from }) => ({ message, at: Math.round(base + from) }));
  }

  #bound(): void {
    const most = this.#failures === 0 ? MOST_BEHIND : MOST_WAITING;
    const dropped = this.#queue.slice(0, Math.max(0, this.#queue.length - most));
    this.#queue = this.#queue.slice(dropped.length);
    this.#giveUp(dropped, `more than ${most} alerts wait for it`);
  }

  #next(): void {
    if (this.#closed || this.#rests || this.#inFlight.length > 0) return;
    this.#inFlight = this.#taken();
    if (this.#inFlight.length === 0) return;
    const messages = this.#inFlight.map(({ message }) => message);
    void sendInTime(this.#sink, messages, this.#world.clock).then((sent) => this.#settle(sent));
  }

  // What goes on is told again only where nothing newer waits: that comes first, and is told all the same.
  #taken(): readonly Entry[] {
    const { most } = this.#sink;
    const [first] = this.#queue;
    if (first === undefined) {
      const from = this.#world.clock.now();
      return this.#round.take(most).map((message) => ({ message, from, isAgain: true }));
    }
    const taken = this.#queue.slice(0, first.alone ? 1 : most);
    this.#queue = this.#queue.slice(taken.length);
    return taken;
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
    const tooOld = this.#world.clock.now() - KEEP_MS;
    const isForEver = isFinal && entries.length === 1;
    const isOver = ({ from }: Entry) => isForEver || this.#closed || from <= tooOld;
    this.#giveUp(entries.filter(isOver), reason);
    const again = entries.filter((entry) => !isOver(entry)).map((entry) => ({ ...entry, ...(isFinal && ALONE) }));
    this.#queue = [...again, ...this.#queue];
    if (!isFinal) this.#rest();
    this.#bound();
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

  #repeatAfter(ms: number): void {
    const { clock } = this.#world;
    if (this.#repeats || this.#closed || this.#world.open().length === 0) return;
    this.#repeats = true;
    clock.wake(clock.now() + ms, () => {
      this.#repeats = false;
      this.#round.begin(this.#world.open());
      this.#next();
      this.repeat();
    });
  }

  #today(): number {
    return Date.parse(this.#world.clock.calendar());
  }
}

/** One that no sink takes keeps no other from being told. */
const ALONE = { alone: true } as const;

/** Doubled each time, from a second to a minute. */
export function retryMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1));
}

function isNews({ isAgain }: Entry): boolean {
  return isAgain === undefined;
}
