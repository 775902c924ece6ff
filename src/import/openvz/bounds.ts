import type { Beancounter } from '../../limits/beancounters.ts';
import { PAGE } from '../amount.ts';
import type { Item } from '../item.ts';

type Unit = 'pages' | 'bytes' | 'count';

/** What the numbers of a parameter count. */
export const UNITS: Readonly<Record<Beancounter, Unit>> = {
  numproc: 'count',
  avnumproc: 'count',
  numtcpsock: 'count',
  numothersock: 'count',
  numfile: 'count',
  numflock: 'count',
  numpty: 'count',
  vmguarpages: 'pages',
  oomguarpages: 'pages',
  privvmpages: 'pages',
  shmpages: 'pages',
  lockedpages: 'pages',
  physpages: 'pages',
  swappages: 'pages',
  kmemsize: 'bytes',
  dcachesize: 'bytes',
  tcpsndbuf: 'bytes',
  tcprcvbuf: 'bytes',
  othersockbuf: 'bytes',
  dgramrcvbuf: 'bytes',
};

export type Amount = bigint | 'unlimited';

/** Of a parameter in its own unit. */
export interface BoundsItem {
  readonly item: Item;
  readonly barrier: Amount;
  readonly limit: Amount;
}

/** `barrier:limit`, or one number for both, of the last item of that name; undefined: there is none that can be read. */
export function boundsOf(items: readonly Item[], name: Beancounter): BoundsItem | undefined {
  const item = items.findLast(({ key }) => key === name.toUpperCase());
  const [first, second = first, more] = item?.value.split(':') ?? [];
  const barrier = amountOf(first, UNITS[name]);
  const limit = amountOf(second, UNITS[name]);
  if (item === undefined || more !== undefined || barrier === undefined || limit === undefined) return undefined;
  return { item, barrier, limit };
}

// What 32-bit and 64-bit kernels have for no limit.
const UNLIMITED = [2n ** 31n - 1n, 2n ** 63n - 1n, 2n ** 64n - 1n];
const SUFFIXES: Readonly<Record<string, bigint>> = { K: 1n << 10n, M: 1n << 20n, G: 1n << 30n, T: 1n << 40n };

/** `512M` of pages is an amount of memory, `512` and `512p` are pages. */
function amountOf(text: string | undefined, unit: Unit): Amount | undefined {
  if (text === 'unlimited') return 'unlimited';
  const [, digits, suffix = ''] = /^(\d{1,20})([KMGTPkmgtp]?)$/.exec(text ?? '') ?? [];
  if (digits === undefined) return undefined;
  const number = BigInt(digits);
  if (suffix === '') return UNLIMITED.includes(number) ? 'unlimited' : number;
  const factor = SUFFIXES[suffix.toUpperCase()];
  if (factor === undefined) return unit === 'pages' ? number : undefined;
  return unit === 'pages' ? (number * factor) / BigInt(PAGE) : number * factor;
}
