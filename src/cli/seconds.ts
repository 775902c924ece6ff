const MOST = 3600;

/** A whole number of seconds up to an hour; NaN for anything else. */
export function seconds(text: string): number {
  const count = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : Number.NaN;
  return count <= MOST ? count : Number.NaN;
}

export function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
