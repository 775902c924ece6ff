import type { SinkSettings } from '../../model/alert.ts';
import type { AlertMessage, QueuedMessage, StoredAlerts } from '../../model/alert-message.ts';
import type { AlertSink, OpenSinks } from '../../ports/alert-sink.ts';
import type { SinkView } from '../../ports/alerts-view.ts';
import { Outbox, type OutboxWorld } from './outbox.ts';

interface Open {
  readonly sink: AlertSink;
  readonly outbox: Outbox;
}

/** An outbox for each sink of the configuration. */
export class Outboxes {
  readonly #openSinks: OpenSinks;
  readonly #world: OutboxWorld;
  /** By what the configuration says of it. */
  #open: ReadonlyMap<string, Open> = new Map();
  /** What waits for sinks that are not open, by name. */
  #left: Map<string, readonly QueuedMessage[]>;

  constructor(openSinks: OpenSinks, world: OutboxWorld, queues: StoredAlerts['queues']) {
    this.#openSinks = openSinks;
    this.#world = world;
    this.#left = new Map(Object.entries(queues));
  }

  /** These are the sinks from now on. Those that were before go on as they are. */
  use(settings: readonly SinkSettings[]): void {
    const sinks = this.#openSinks(settings).map(
      (sink, at) => [JSON.stringify([sink.name, settings[at]]), sink] as const,
    );
    const keys = new Set(sinks.map(([key]) => key));
    for (const [key, { sink, outbox }] of this.#open) if (!keys.has(key)) this.#left.set(sink.name, outbox.close());
    this.#open = new Map(sinks.map(([key, sink]) => [key, this.#open.get(key) ?? this.#opened(sink)]));
    for (const [name, queued] of this.#left) this.#giveUp(name, queued);
    this.#left = new Map();
  }

  put(message: AlertMessage): void {
    for (const { outbox } of this.#open.values()) outbox.put(message);
  }

  queues(): StoredAlerts['queues'] {
    const queues = [...this.#open.values()].map(({ sink, outbox }) => [sink.name, outbox.waiting()] as const);
    return Object.fromEntries([...this.#left, ...queues].filter(([, queued]) => queued.length > 0));
  }

  views(): readonly SinkView[] {
    return [...this.#open.values()].map(({ outbox }) => outbox.view());
  }

  /** Those of this name or kind. */
  sinks(name: string | undefined): readonly AlertSink[] {
    const all = [...this.#open.values()].map(({ sink }) => sink);
    return all.filter((sink) => name === undefined || sink.name === name || sink.name.startsWith(`${name} `));
  }

  #opened(sink: AlertSink): Open {
    const queued = this.#left.get(sink.name) ?? [];
    this.#left.delete(sink.name);
    return { sink, outbox: new Outbox(sink, this.#world, queued) };
  }

  #giveUp(name: string, queued: readonly QueuedMessage[]): void {
    const messages = queued.map(({ message }) => message);
    if (messages.length > 0) this.#world.undelivered(name, messages, 'it is no sink of the configuration any more');
  }
}
