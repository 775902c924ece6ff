import type { EventView, StopView } from '../../ports/agent.ts';
import { ask, socketPath, target, unreachable } from '../ask.ts';
import type { ExitCode, Invocation, Run } from '../command.ts';
import { followEvents } from '../follow-events.ts';
import { seconds } from '../seconds.ts';

export const stop: Run = async (invocation) => {
  const { args, options, terminal } = invocation;
  const timeout = options.timeout === undefined ? undefined : seconds(options.timeout);
  if (Number.isNaN(timeout))
    return terminal.fail({
      code: 'E_USAGE',
      subject: '--timeout',
      detail: `"${options.timeout}" is no number of seconds from 1 to 3600`,
    });
  const begun: StopView[] = [];
  for (const guest of args) {
    const query = {
      guest,
      ...(timeout !== undefined && { timeout: String(timeout) }),
      ...(options.kill && { kill: '1' }),
    };
    const asked = await ask<StopView>(options, 'POST', target('/v1/stop', query));
    if (!asked.ok) return terminal.fail(asked.refusal);
    begun.push(asked.value);
    if (asked.value.state === 'stopped') terminal.say(`${guest}: does not run`);
  }
  return untilOver(begun, invocation);
};

/** Shows what becomes of them, until each has ended or cannot. */
async function untilOver(begun: readonly StopView[], invocation: Invocation): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const waiting = new Set(begun.flatMap(({ guest, state }) => (state === 'stopping' ? guest : [])));
  const after = Math.min(...begun.map((view) => view.after));
  let wedged = 0;
  if (waiting.size === 0) return 0;
  try {
    for await (const event of followEvents(options, after)) {
      if (!isAbout(event, waiting)) continue;
      if (options.json) terminal.json(event);
      else terminal.print(event.says);
      if (event.kind !== 'stop' || !isLast(event)) continue;
      if (event.action === 'wedged') wedged += 1;
      waiting.delete(event.guest ?? '');
      if (waiting.size === 0) return wedged > 0 ? 1 : 0;
    }
    return terminal.fail({
      code: 'E_UNREACHABLE',
      subject: socketPath(options),
      detail: 'it ended; the stop goes on with the next agent',
    });
  } catch (error) {
    return terminal.fail(unreachable(socketPath(options), error));
  }
}

function isAbout({ guest, kind, severity }: EventView, waiting: ReadonlySet<string>): boolean {
  return guest !== undefined && waiting.has(guest) && (kind === 'stop' || (kind === 'refusal' && severity !== 'info'));
}

function isLast({ action }: EventView): boolean {
  return action === 'stopped' || action === 'wedged';
}
