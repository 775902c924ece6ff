import { bytesText } from '../model/amount-text.ts';

/** Of x86, and of every number that VServer and OpenVZ call pages. */
export const PAGE = 4096;

/** An amount of memory as policies write it, exactly; undefined: it is none that can be written. */
export function exactText(bytes: bigint): string | undefined {
  if (bytes <= 0n) return undefined;
  if (bytes % 1024n !== 0n) return `${bytes}B`;
  const unit = UNITS.find(([, size]) => bytes % size === 0n);
  return unit && `${bytes / unit[1]}${unit[0]}`;
}

const UNITS: readonly (readonly [string, bigint])[] = [
  ['TiB', 1n << 40n],
  ['GiB', 1n << 30n],
  ['MiB', 1n << 20n],
  ['KiB', 1n << 10n],
];

/** `5000 pages of 4 KiB = 20000KiB (19.5MiB)` */
export function pagesSum(pages: bigint): string {
  const bytes = pages * BigInt(PAGE);
  return `${pages} pages of 4 KiB = ${amountSum(bytes)}`;
}

/** `20000KiB (19.5MiB)`, and without the second where it says the same. */
export function amountSum(bytes: bigint): string {
  const [exact, rough] = [exactText(bytes) ?? `${bytes}B`, bytesText(Number(bytes))];
  return exact === rough ? exact : `${exact} (${rough})`;
}
