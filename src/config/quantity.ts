import { oddity } from './number-text.ts';
import { quote } from './quote.ts';

const BYTES_OF_UNIT: Readonly<Record<string, bigint>> = {
  B: 1n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
};
/** More than any host has, and all below is a number exactly. */
const MOST_BYTES = 1n << 52n;

/** Bytes of `512MiB`; undefined for anything else. Fractions are what the next smaller unit is for. */
export function parseBytes(text: string): number | undefined {
  const bytes = bytesOf(text);
  return bytes === undefined || bytes > MOST_BYTES ? undefined : Number(bytes);
}

/** What is wrong with an amount of memory or disk. The kernel takes a number that is too big, or hexadecimal, for 0. */
export function bytesProblem(text: string): string | undefined {
  const bytes = bytesOf(text);
  if (bytes === undefined)
    return `${quote(text)} ${oddity(text) ?? 'is no amount'}; write a whole number and B, KiB, MiB, GiB or TiB, such as 512MiB`;
  if (bytes === 0n) return 'an amount of nothing; write at least 1B';
  if (bytes > MOST_BYTES) return `${quote(text)} is more than any host has; write at most 4096TiB`;
  return undefined;
}

/** The share of `90%`, 0 to 1; undefined for anything else. */
export function parsePercent(text: string): number | undefined {
  const [, digits] = /^(0|[1-9]\d{0,2})%$/.exec(text) ?? [];
  return digits === undefined || Number(digits) > 100 ? undefined : Number(digits) / 100;
}

export function percentProblem(text: string): string | undefined {
  const share = parsePercent(text);
  if (share !== undefined && share > 0) return undefined;
  return `${quote(text)} ${oddity(text) ?? 'is no share'}; write 1% to 100%, such as 90%`;
}

function bytesOf(text: string): bigint | undefined {
  const [, digits, unit] = /^(0|[1-9]\d{0,29})(B|KiB|MiB|GiB|TiB)$/.exec(text) ?? [];
  const factor = BYTES_OF_UNIT[unit ?? ''];
  return digits === undefined || factor === undefined ? undefined : BigInt(digits) * factor;
}
