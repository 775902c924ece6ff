import { isDeepStrictEqual } from 'node:util';
import { alertsAfter, alertsEnd, NO_ALERTS, openAlerts } from '../../limits/alert.ts';
import { withCalendarSet } from '../../limits/alert-times.ts';
import type { AlertNotice, AlertReading, AlertSettings, GuestAlerts } from '../../model/alert.ts';
import type { AlertMessage } from '../../model/alert-message.ts';
import type { Refusal } from '../../model/failure.ts';
import type { Policy } from '../../model/policy.ts';
import type { OpenSinks } from '../../ports/alert-sink.ts';
import type { AlertsView, SinkTestView } from '../../ports/alerts-view.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import { alertMessage } from '../../report/alert-message.ts';
import { alertLine, hasWords } from '../../report/alert-text.ts';
import type { Counters } from '../counters.ts';
import { paced } from '../paced.ts';
import type { Reporter } from '../reporter.ts';
import { iso, openViews, recentView } from './alerts-view.ts';
import { DeadLetters } from './dead-letters.ts';
import { Outboxes } from './outboxes.ts';
import { SteadyCalendar } from './steady-calendar.ts';
import { testSink } from './test-sink.ts';
import { toldInOurWords } from './told-in-our-words.ts';

export interface DeskWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly openSinks: OpenSinks;
  readonly report: Reporter;
  readonly counters: Counters;
  /** The name of this host. */
  readonly instance: string;
}

const MOST_RECENT = 100;
const SAVE_REST_MS = 1000;
const SAVE_AGAIN_MS = 30_000;

/** Takes in what is seen of guests, and tells whoever wants to know. */
export class AlertDesk {
  readonly #world: DeskWorld;
  readonly #guests: Map<string, GuestAlerts>;
  readonly #outboxes: Outboxes;
  readonly #deadLetters: DeadLetters;
  readonly #save: () => void;
  readonly #calendar: SteadyCalendar;
  #recent: readonly AlertNotice[];
  #cooldownMs = 0;
  #unsaved: Refusal | undefined;

  constructor(world: DeskWorld) {
    const { guests, recent, queues } = world.store.alerts() ?? { guests: {}, recent: [], queues: {} };
    this.#world = world;
    this.#guests = new Map(Object.entries(guests).map(([guest, state]) => [guest, toldInOurWords(state)]));
    this.#recent = recent;
    this.#calendar = new SteadyCalendar(world.clock);
    this.#deadLetters = new DeadLetters(world);
    this.#save = paced(world.clock, SAVE_REST_MS, () => this.#saveNow());
    const outboxWorld = {
      clock: world.clock,
      open: () => this.#open(),
      changed: () => this.#save(),
      undelivered: (sink: string, messages: readonly AlertMessage[], reason: string) =>
        this.#keep(sink, messages, reason),
      fails: (sink: string, reason: string) => world.report.refusal(sinkFails(sink, reason)),
    };
    this.#outboxes = new Outboxes(world.openSinks, outboxWorld, queues);
  }

  /** As the configuration says from now on. */
  use({ sinks, cooldownMs }: AlertSettings): void {
    this.#cooldownMs = cooldownMs;
    if (sinks.length > 0) this.#deadLetters.expect();
    this.#outboxes.use(sinks);
  }

  /** A look at a guest. Answers when to look again if nothing happens, in monotonic milliseconds. */
  take(guest: string, reading: AlertReading, alerts: Policy['alerts'] = {}): number | undefined {
    const now = this.#today();
    const before = this.#guests.get(guest) ?? NO_ALERTS;
    const { state, notices, wakeAt } = alertsAfter(
      before,
      guest,
      reading,
      { alerts, cooldownMs: this.#cooldownMs },
      now,
    );
    this.#set(guest, state);
    for (const notice of notices) this.#tell(notice);
    if (!isDeepStrictEqual(withoutLevels(before), withoutLevels(state))) this.#save();
    return wakeAt === undefined ? undefined : this.#world.clock.now() + wakeAt - now;
  }

  /** It is not on this host any more. */
  forget(guest: string): void {
    const now = this.#today();
    const state = this.#guests.get(guest);
    if (state === undefined) return;
    this.#guests.delete(guest);
    for (const notice of alertsEnd(state, guest, now)) this.#tell(notice);
    this.#save();
  }

  /** Of guests that an earlier agent knew, these are still there. */
  keepOnly(guests: Iterable<string>): void {
    const known = new Set(guests);
    for (const guest of [...this.#guests.keys()]) if (!known.has(guest)) this.forget(guest);
  }

  /** The agent ends: the next one knows what this one knew. */
  end(): void {
    this.#saveNow();
    this.#deadLetters.end();
  }

  view(): AlertsView {
    return {
      open: openViews(this.#guests),
      recent: this.#recent.filter(hasWords).map(recentView), // the version that has words for the others may come back
      sinks: this.#outboxes.views(),
    };
  }

  warnings(): readonly Refusal[] {
    const failing = this.#outboxes
      .views()
      .flatMap(({ sink, failing: reason }) => (reason === undefined ? [] : [sinkFails(sink, reason)]));
    return [...failing, ...[this.#unsaved, this.#deadLetters.refusal()].filter((refusal) => refusal !== undefined)];
  }

  /** Sends an alert that means nothing to the sinks of this name or kind, at once and beside what waits. */
  test(name: string | undefined): Promise<readonly SinkTestView[]> {
    const { clock, instance } = this.#world;
    return Promise.all(this.#outboxes.sinks(name).map((sink) => testSink(sink, instance, clock)));
  }

  #tell(notice: AlertNotice): void {
    const { report, counters, instance } = this.#world;
    const { state, guest, resource, severity } = notice;
    const told = severity === 'critical' ? 'error' : 'warning';
    counters.add(`alerts_${state}_total`);
    report.fact({
      kind: 'alert',
      severity: state === 'resolved' ? 'info' : told,
      guest,
      resource,
      action: state,
      says: alertLine(notice),
    });
    if (state === 'resolved') this.#recent = [notice, ...this.#recent].slice(0, MOST_RECENT);
    this.#outboxes.put(alertMessage(notice, instance, iso));
  }

  #set(guest: string, state: GuestAlerts): void {
    const isNothing = Object.keys(state.resources).length === 0 && !state.stopping;
    if (isNothing) this.#guests.delete(guest);
    else this.#guests.set(guest, state);
  }

  #open(): readonly AlertMessage[] {
    const now = this.#today();
    const open = [...this.#guests].flatMap(([guest, state]) => openAlerts(state, guest, now));
    return open.map((notice) => alertMessage(notice, this.#world.instance, iso));
  }

  #keep(sink: string, messages: readonly AlertMessage[], reason: string): void {
    const { counters, clock } = this.#world;
    counters.add('alerts_undelivered_total', messages.length);
    const at = clock.calendar();
    this.#deadLetters.keep(messages.map((message) => JSON.stringify({ at, sink, reason, message })));
  }

  #saveNow(): void {
    const { store, report, clock } = this.#world;
    const guests = Object.fromEntries(this.#guests);
    const [refusal] = store.saveAlerts({ guests, recent: this.#recent, queues: this.#outboxes.queues() });
    if (refusal !== undefined && this.#unsaved === undefined) report.refusal(refusal);
    if (refusal !== undefined) clock.wake(clock.now() + SAVE_AGAIN_MS, () => this.#save());
    this.#unsaved = refusal;
  }

  // A calendar that is set (the first answer of NTP, a machine that slept) makes nothing last longer, or less long.
  #today(): number {
    const by = this.#calendar.step();
    if (by !== 0) {
      for (const [guest, state] of this.#guests) this.#guests.set(guest, withCalendarSet(state, by));
      this.#save();
    }
    return this.#calendar.now();
  }
}

function sinkFails(sink: string, detail: string): Refusal {
  return { code: 'W_ALERT_SINK', subject: sink, detail };
}

// A level is read again soon: it alone is not worth a write.
function withoutLevels({ stopping, resources }: GuestAlerts) {
  return { stopping, records: Object.entries(resources).map(([name, { level: _, ...record }]) => [name, record]) };
}
