import type { LimitRow } from '../model/limit.ts';
import type { LimitsView } from '../ports/limits-view.ts';
import type { Span } from './terminal.ts';

/** The rows of one guest as user_beancounters has them: its name stands in the first. */
export function limitCells({ guest, policy, rows }: LimitsView): readonly (readonly Span[])[] {
  return rows.map((row, at) => [
    at === 0 ? guest : '',
    at === 0 ? (policy ?? '-') : '',
    row.resource,
    amountText(row, row.held),
    amountText(row, row.most),
    amountText(row, row.barrier),
    row.unit === 'cpu' ? shareText(row.limit) : amountText(row, row.limit),
    row.hits === 0 ? '0' : { text: String(row.hits), colour: 'red' },
  ]);
}

function amountText({ unit }: LimitRow, amount: number | undefined): string {
  if (amount === undefined) return '-';
  if (unit === 'bytes') return bytesText(amount);
  return unit === 'cpu' ? secondsText(amount) : String(amount);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `123.4MiB`: with one digit behind the point as soon as there is a unit to split. */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)}${UNITS[power]}`;
}

// As ps shows CPU time: hours, minutes, seconds.
function secondsText(us: number): string {
  const seconds = Math.floor(us / 1_000_000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return [hours, minutes, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Of one processor. */
function shareText(usEachSecond: number | undefined): string {
  return usEachSecond === undefined ? '-' : `${Number((usEachSecond / 10_000).toFixed(1))}%`;
}
