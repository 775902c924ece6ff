const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `123.4MiB`: with one digit behind the point as soon as there is a unit to split. */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)}${UNITS[power]}`;
}

/** `25%` of a quarter, with one digit behind the point where it needs one. */
export function shareText(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}
