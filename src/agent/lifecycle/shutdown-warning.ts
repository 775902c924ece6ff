import type { Refusal } from '../../model/failure.ts';
import type { EventView } from '../../ports/agent.ts';
import type { ShutdownView } from '../../ports/shutdown.ts';
import { lifeOf } from '../stopping.ts';
import type { World } from '../world.ts';
import { seconds } from './stop-text.ts';

/** After what may change it: guests that are started or stopped one after the other are looked at once. */
const SETTLED_MS = 60_000;
const CHANGES: readonly EventView['kind'][] = ['guest', 'start', 'stop', 'config'];

/** Tells before the bad day that a shutdown of the host would not wait for all guests: in the journal, and by an alert of one of them. */
export class ShutdownWarning {
  readonly #world: World;
  /** Those whose alert may be open, at first that of an agent before this one. */
  readonly #alerted: Set<string>;
  #fitLast = true;
  #isTold = false;
  #isDue = false;
  #named: string | undefined;

  constructor(world: World) {
    const open = world.alerts.view().open.filter(({ resource }) => resource === 'shutdown');
    this.#world = world;
    this.#alerted = new Set(open.map(({ guest }) => guest));
    world.report.history.follow(({ kind }) => {
      if (CHANGES.includes(kind)) this.soon();
    });
  }

  /** Something that it goes by may be another. Where the host waits for ever there is nothing to look at. */
  soon(): void {
    const { goingDown, ports } = this.#world;
    const isOfUse = goingDown.limitMs() !== undefined || this.#isTold || this.#alerted.size > 0;
    if (this.#isDue || !isOfUse) return;
    this.#isDue = true;
    ports.clock.wake(ports.clock.now() + SETTLED_MS, () => {
      this.#isDue = false;
      if (this.#look()) this.soon();
    });
  }

  // A guest that is restarted makes it neither fit nor not: what two looks have seen counts. Answers whether there is more to come.
  #look(): boolean {
    const { goingDown } = this.#world;
    if (goingDown.isSaid) return false;
    const view = goingDown.view();
    const isSteady = view.fits === this.#fitLast;
    this.#fitLast = view.fits;
    if (!isSteady) return true;
    if (view.fits === this.#isTold) this.#tell(view);
    return this.#alert(view);
  }

  #tell(view: ShutdownView): void {
    const { report } = this.#world;
    this.#isTold = !view.fits;
    for (const refusal of tooLong(view)) report.refusal(refusal);
    if (view.fits) report.fact({ kind: 'agent', says: 'a shutdown of the host would wait for all guests again' });
  }

  #alert(view: ShutdownView): boolean {
    this.#named = lateOne(view, this.#named);
    if (this.#named !== undefined) this.#alerted.add(this.#named);
    return [...this.#alerted].filter((guest) => this.#raise(guest, guest === this.#named)).length > 0;
  }

  #raise(guest: string, isLate: boolean): boolean {
    const { alerts, records } = this.#world;
    const reading = { levels: { shutdown: isLate ? 1 : 0 }, hits: {}, guest: lifeOf(this.#world, guest) };
    const wakeAt = records.has(guest) ? alerts.take(guest, reading) : undefined;
    if (!isLate && wakeAt === undefined) this.#alerted.delete(guest);
    return wakeAt !== undefined;
  }
}

// The one that was named, as long as that is true of it: many would be told of the same.
function lateOne({ stops, critical, smallest }: ShutdownView, named: string | undefined): string | undefined {
  const limitMs = smallest?.ms ?? Infinity;
  const late = new Set(stops.flatMap(({ guest, untilMs }) => (untilMs > limitMs ? guest : [])));
  return named !== undefined && late.has(named) ? named : critical.find((guest) => late.has(guest));
}

/** The refusal that says it; none where all fit. */
export function tooLong({ totalMs, critical, smallest, fits }: ShutdownView): readonly Refusal[] {
  if (fits || smallest?.ms === undefined) return [];
  const path = critical.slice(0, 5).join(', ');
  const detail = `guests take ${seconds(totalMs)} to halt (${path}), and ${smallest.name} is ${seconds(smallest.ms)}`;
  return [{ code: 'W_SHUTDOWN', subject: 'shutdown', detail }];
}
