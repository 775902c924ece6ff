import type { KnownFrom, ShutdownLimit } from '../model/shutdown.ts';
import type { ShutdownView, StopForecast } from '../ports/shutdown.ts';
import { target } from './ask.ts';
import type { Run } from './command.ts';
import { counted } from './counted.ts';
import { reading } from './reading.ts';
import { seconds, secondsText } from './seconds.ts';
import { columns } from './table.ts';
import type { Line, Span } from './terminal.ts';

/** What a shutdown of the host would be now; 1 where it does not wait for all guests. */
export const planShutdown: Run = (invocation) => {
  const { options, terminal } = invocation;
  const { budget } = options;
  if (budget === undefined || !Number.isNaN(seconds(budget))) return planned(invocation);
  const detail = `"${budget}" is no number of seconds from 1 to 3600`;
  return Promise.resolve(terminal.fail({ code: 'E_USAGE', subject: '--budget', detail }));
};

const planned = reading<ShutdownView>(
  ({ options: { budget } }) => target('/v1/plan-shutdown', { budget }),
  (view, { options, terminal }) => {
    terminal.print(...shutdownLines(view, options['no-legend'] ? [] : NAMES));
    if (!view.fits) terminal.complain({ text: tooLong(view), colour: 'red' });
  },
  ({ fits }) => (fits ? 0 : 1),
);

const NAMES = ['GUEST', 'FROM', 'UNTIL', 'KNOWN FROM', 'AFTER'];

function shutdownLines(view: ShutdownView, names: readonly string[]): readonly Line[] {
  const limits = view.limits.map((limit) => [limit.name, limitText(limit), verdict(view, limit)]);
  return [
    ...(view.stops.length === 0 ? ['no guest runs'] : columns(names, view.stops.map(stopCells))),
    '',
    ...columns([], [['all guests have ended after', secondsText(view.totalMs), view.critical.join(', ')], ...limits]),
  ];
}

function stopCells({ guest, fromMs, untilMs, behind = '-', ...from }: StopForecast): readonly Span[] {
  return [guest, secondsText(fromMs), secondsText(untilMs), knownText(from), behind];
}

function knownText({ learned, killed, known }: KnownFrom): string {
  if (learned > 0) return counted(learned, 'stop');
  return killed === undefined ? 'its timeout' : `its timeout, ${killed} of ${known} were killed`;
}

function limitText({ ms, unread }: ShutdownLimit): string {
  if (unread !== undefined) return '?';
  return ms === undefined ? 'for ever' : secondsText(ms);
}

function verdict({ totalMs }: ShutdownView, { ms, unread, ends }: ShutdownLimit): Span {
  if (unread !== undefined) return { text: unread, colour: 'yellow' };
  if (ends === 'before') return 'a head start; guests are waited for after it';
  if (ends === 'after') return 'begins when all guests have ended';
  if (ms === undefined || totalMs <= ms) return { text: 'fits', colour: 'green' };
  return { text: `too short by ${secondsText(totalMs - ms)}`, colour: 'red' };
}

function tooLong({ smallest }: ShutdownView): string {
  return `a shutdown would not wait for all guests: ${smallest?.name} ends it`;
}
