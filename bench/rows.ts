import { type Figures, figures, milliseconds } from './figures.ts';
import type { Sightings } from './stopwatch.ts';

/** What one contender did with one device plugged in again and again; times in microseconds. */
export interface Row {
  readonly who: string;
  /** From the kernel's event to the first open inside; undefined: it never came. */
  readonly total: Figures | undefined;
  /** What the contender adds to udev's own time. */
  readonly share: Figures | undefined;
  /** From the kernel's event of the removal. */
  readonly gone: Figures | undefined;
  readonly plugged: number;
  readonly missed: number;
}

/** With `udevUs`, for whoever works before udev's event: what it adds is its time from the kernel's event less what udev takes without it. */
export function rowOf(who: string, plugs: readonly Sightings[], udevUs?: number): Row {
  const between = (from: string, to: string) =>
    plugs.flatMap((one) => (one.has(from) && one.has(to) ? [Number(one.get(to)) - Number(one.get(from))] : []));
  const total = between('kernel-add', 'usable');
  const share = udevUs === undefined ? between('udev-add', 'usable') : total.map((us) => us - udevUs);
  // What never came is gone at once.
  const came = plugs.filter((one) => one.has('usable') && one.has('kernel-remove'));
  const gone = came.map((one) => Number(one.get('gone')) - Number(one.get('kernel-remove')));
  return {
    who,
    total: figuresOf(total),
    share: figuresOf(share),
    gone: figuresOf(gone.map((us) => (Number.isNaN(us) ? Number.POSITIVE_INFINITY : us))),
    plugged: plugs.length,
    missed: plugs.length - total.length,
  };
}

function figuresOf(values: readonly number[]): Figures | undefined {
  return values.length === 0 ? undefined : figures(values);
}

/** Udev's own part of the way, of a row that does not work before its event. */
export function udevUs({ total, share }: Row): number {
  return (total?.median ?? Number.NaN) - (share?.median ?? Number.NaN);
}

export function printRows(rows: readonly Row[]): void {
  const titles = ['kernel event -> usable', 'own share', 'kernel remove -> gone', 'missed'];
  const tail = rows.every(({ plugged }) => plugged >= 100) ? 'p99' : 'largest';
  console.log([`milliseconds, median (${tail})`.padEnd(34), ...titles.map((title) => title.padEnd(24))].join(''));
  for (const { who, total, share, gone, missed, plugged } of rows) {
    const cells = [total, share, gone].map((one) =>
      (one ? `${milliseconds(one.median)} (${milliseconds(one.p99)})` : 'never').padEnd(24),
    );
    console.log(`${who.padEnd(34)}${cells.join('')}${missed} of ${plugged}`);
  }
}

/** How many times the first one's time another one takes. */
export function printRatios(first: Row, others: readonly Row[]): void {
  for (const other of others) {
    const times = (of: 'share' | 'total') =>
      ((other[of]?.median ?? Number.NaN) / (first[of]?.median ?? Number.NaN)).toFixed(1);
    console.log(
      `${other.who}: ${times('share')} times the share of ${first.who}, ${times('total')} times from the kernel's event`,
    );
  }
}
