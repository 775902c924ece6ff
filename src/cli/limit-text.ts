import { bytesText, shareText } from '../model/amount-text.ts';
import type { LimitRow } from '../model/limit.ts';
import type { LimitsView } from '../ports/limits-view.ts';
import type { Span } from './terminal.ts';

/** How many of a row's hits are new. */
export type NewHits = (guest: string, row: LimitRow) => number;

/** The rows of one guest as user_beancounters has them: its name stands in the first. */
export function limitCells({ guest, policy, rows }: LimitsView, newHits?: NewHits): readonly (readonly Span[])[] {
  return rows.map((row, at) => [
    at === 0 ? guest : '',
    at === 0 ? (policy ?? '-') : '',
    row.resource,
    amountText(row, row.held),
    amountText(row, row.most),
    amountText(row, row.barrier),
    row.unit === 'cpu' ? cpuText(row.limit) : amountText(row, row.limit),
    hitsCell(row.hits),
    ...(newHits ? [hitsCell(newHits(guest, row))] : []),
  ]);
}

function hitsCell(hits: number): Span {
  return hits === 0 ? '0' : { text: String(hits), colour: 'red' };
}

function amountText({ unit }: LimitRow, amount: number | undefined): string {
  if (amount === undefined) return '-';
  if (unit === 'bytes') return bytesText(amount);
  return unit === 'cpu' ? secondsText(amount) : String(amount);
}

// As ps shows CPU time: hours, minutes, seconds.
function secondsText(us: number): string {
  const seconds = Math.floor(us / 1_000_000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return [hours, minutes, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Of one processor. */
function cpuText(usEachSecond: number | undefined): string {
  return usEachSecond === undefined ? '-' : shareText(usEachSecond / 1_000_000);
}
