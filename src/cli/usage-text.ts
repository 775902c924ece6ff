import type { Tokens, Usage } from '../model/usage.ts';

/** Processes, their memory and CPU time, tokens and uptime of a row of `hostler list`; a dash for what is not known. */
export function usageCells({ usage, tokens }: { readonly usage?: Usage; readonly tokens?: Tokens }): readonly string[] {
  const left = tokens === undefined ? '-' : `${tokens.held}/${tokens.size}`;
  if (usage === undefined) return ['-', '-', '-', '-', '-', left, '-'];
  const more = usage.isMore ? '>' : '';
  return [
    `${more}${usage.processes}`,
    `${more}${sizeText(usage.virtualBytes)}`,
    `${more}${sizeText(usage.residentBytes)}`,
    timeText(usage.userUs),
    timeText(usage.systemUs),
    left,
    uptimeText(usage.uptimeMs),
  ];
}

const UNITS = ['K', 'M', 'G', 'T', 'P'];

/** `98.6M`, `1.2G`, `412K`: three digits and a unit of 1024, as vserver-stat had it. */
export function sizeText(bytes: number): string {
  let [amount, power] = [bytes / 1024, 0];
  while (amount >= 999.5 && power < UNITS.length - 1) [amount, power] = [amount / 1024, power + 1];
  return `${amount < 99.95 && power > 0 ? amount.toFixed(1) : Math.round(amount)}${UNITS[power]}`;
}

/** `0:01:23`: hours, minutes and seconds of CPU time. */
function timeText(us: number | undefined): string {
  if (us === undefined) return '-';
  const seconds = Math.floor(us / 1_000_000);
  return `${Math.floor(seconds / 3600)}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
}

/** `12d03h`, `3h05m` or `7m09s`. */
export function uptimeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600), Math.floor(seconds / 60)];
  if (days > 0) return `${days}d${twoDigits(hours % 24)}h`;
  if (hours > 0) return `${hours}h${twoDigits(minutes % 60)}m`;
  return `${minutes}m${twoDigits(seconds % 60)}s`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
