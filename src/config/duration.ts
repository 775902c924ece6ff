import { oddity } from './number-text.ts';
import { quote } from './quote.ts';

const MS_OF_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** As long as LXC's start hook waits. */
export const LONGEST_MS = 3_600_000;

/** Milliseconds of `500ms`, `30s`, `2m` or `1h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(0|[1-9]\d{0,8})(ms|s|m|h)$/.exec(text) ?? [];
  const factor = MS_OF_UNIT[unit ?? ''];
  return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}

export function durationProblem(text: string): string | undefined {
  const ms = parseDuration(text);
  if (ms === undefined)
    return `${quote(text)} ${oddity(text) ?? 'is no duration'}; write a whole number and ms, s, m or h, such as 30s`;
  if (ms === 0) return 'a duration of nothing; write at least 1ms';
  if (ms > LONGEST_MS) return `${quote(text)} is longer than an hour; write at most 1h`;
  return undefined;
}
