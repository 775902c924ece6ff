const UNIT_MS: Readonly<Record<string, number>> = {
  y: 31_557_600_000,
  month: 2_629_800_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  min: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
};

/** Milliseconds of `1min 30s`, as systemd writes time spans (systemd.time(7)); undefined for `infinity` and anything else. */
export function timeSpanMs(text: string): number | undefined {
  const parts = text.trim().split(/\s+/);
  let sum = 0;
  for (const part of parts) {
    const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(part) ?? [];
    const factor = unit === '' && count === '0' ? 0 : UNIT_MS[unit];
    if (count === undefined || factor === undefined) return undefined;
    sum += Number(count) * factor;
  }
  return sum;
}
