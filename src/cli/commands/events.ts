import type { EventView } from '../../ports/agent.ts';
import { refusalIn, socketPath, target, unreachable, whole } from '../ask.ts';
import type { ExitCode, Invocation, Run } from '../command.ts';
import { type Answer, askHttp } from '../http.ts';
import { lines } from '../lines.ts';
import { sinceMs } from '../since.ts';
import type { Line } from '../terminal.ts';

const silentMs = 10_000;

export const events: Run = async (invocation) => {
  const { options, terminal } = invocation;
  const since = options.since === undefined ? 0 : sinceMs(options.since, Date.now());
  if (since === undefined) {
    return terminal.fail({
      code: 'E_USAGE',
      subject: '--since',
      detail: `"${options.since}" is neither 10m, 2h, 1d nor a date such as 2026-01-31T12:00Z`,
    });
  }
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  try {
    return await printFrom(since, invocation, interrupt.signal);
  } catch (error) {
    return interrupt.signal.aborted ? 0 : terminal.fail(unreachable(socketPath(options), error));
  }
};

async function printFrom(since: number, invocation: Invocation, signal: AbortSignal): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const socket = socketPath(options);
  const answer = await askForEvents(socket, options.follow ?? false, signal);
  if (answer.status !== 200) return terminal.fail(refusalIn(socket, await whole(answer.body)));
  for await (const line of lines(answer.body)) printOne(JSON.parse(line), since, invocation);
  return options.follow ? terminal.fail({ code: 'E_UNREACHABLE', subject: socket, detail: 'it ended' }) : 0;
}

function askForEvents(socket: string, follow: boolean, signal: AbortSignal): Promise<Answer> {
  const asking = {
    socket,
    method: 'GET',
    target: target('/v1/events', { follow: follow ? '1' : '0' }),
    signal,
  } as const;
  return askHttp(follow ? asking : { ...asking, silentMs });
}

function printOne(event: EventView, since: number, { options, terminal }: Invocation): void {
  if (Date.parse(event.time) < since) return;
  if (options.json) terminal.json(event);
  else terminal.print(eventLine(event));
}

function eventLine(event: EventView): Line {
  const guest = event.guest === undefined ? '' : `${event.guest}: `;
  const text = `${event.kind.padEnd(7)}  ${event.says.startsWith(guest) ? '' : guest}${event.says}`;
  const severity = event.severity.padEnd(7);
  if (event.severity === 'info') return `${event.time}  ${severity}  ${text}`;
  return [`${event.time}  `, { text: severity, colour: event.severity === 'error' ? 'red' : 'yellow' }, `  ${text}`];
}
