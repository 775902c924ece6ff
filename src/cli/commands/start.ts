import type { Refusal } from '../../model/failure.ts';
import type { StartView } from '../../ports/agent.ts';
import { type Asked, ask, target } from '../ask.ts';
import type { Invocation, Run } from '../command.ts';
import { seconds } from '../seconds.ts';
import { untilStarted } from '../until-started.ts';

export const start: Run = (invocation) => startBy(invocation, 'start');

export const restart: Run = (invocation) => startBy(invocation, 'restart');

async function startBy(invocation: Invocation, command: 'start' | 'restart') {
  const { terminal } = invocation;
  const wrong = wrongWords(invocation, command);
  if (wrong !== undefined) return terminal.fail(wrong);
  const begun = await begin(invocation, command);
  if (!begun.ok) return terminal.fail(begun.refusal);
  if (begun.value.length === 0) terminal.say('there is no such guest');
  const names = begun.value.map(({ guest }) => guest);
  // What was asked for goes on with the next agent: nothing is stopped once more.
  return untilStarted(begun.value, invocation, () => begin(invocation, 'start', names));
}

function wrongWords({ args, options }: Invocation, subject: string): Refusal | undefined {
  const isOfMany = options.all || options.mark !== undefined;
  if (options.all && options.mark !== undefined)
    return { code: 'E_USAGE', subject, detail: 'either --all or --mark is wanted' };
  if (isOfMany && args.length > 0)
    return { code: 'E_USAGE', subject, detail: 'either GUEST is wanted, or --all or --mark' };
  if (!isOfMany && args.length === 0)
    return { code: 'E_USAGE', subject, detail: 'GUEST is missing, or --all or --mark' };
  const comma = args.find((guest) => guest.includes(','));
  if (comma !== undefined) return { code: 'E_NO_GUEST', subject: comma };
  if (options.timeout === undefined || !Number.isNaN(seconds(options.timeout))) return undefined;
  const detail = `"${options.timeout}" is no number of seconds from 1 to 3600`;
  return { code: 'E_USAGE', subject: '--timeout', detail };
}

function begin(
  { args, options }: Invocation,
  command: 'start' | 'restart',
  guests = args,
): Promise<Asked<readonly StartView[]>> {
  const names = guests.length === 0 ? undefined : guests.join(',');
  const query = { guests: names, mark: names === undefined ? options.mark : undefined, timeout: options.timeout };
  const kill = command === 'restart' && options.kill ? '1' : undefined;
  const all = names === undefined && options.all ? '1' : undefined;
  return ask(options, 'POST', target(`/v1/${command}`, { ...query, all, kill }));
}
