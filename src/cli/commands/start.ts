import { nameList } from '../../model/name-list.ts';
import type { StartView } from '../../ports/agent.ts';
import { type Asked, ask, target } from '../ask.ts';
import type { Invocation, Run } from '../command.ts';
import { untilStarted } from '../until-started.ts';
import { nobodyText, wrongChoice } from '../wrong-choice.ts';

export const start: Run = (invocation) => startBy(invocation, 'start');

export const restart: Run = (invocation) => startBy(invocation, 'restart');

async function startBy(invocation: Invocation, command: 'start' | 'restart') {
  const { terminal } = invocation;
  const wrong = wrongChoice(invocation, command);
  if (wrong !== undefined) return terminal.fail(wrong);
  const begun = await begin(invocation, command);
  if (!begun.ok) return terminal.fail(begun.refusal);
  if (begun.value.length === 0)
    terminal.say(nobodyText(invocation, command === 'start' ? 'starts with the host' : 'runs'));
  return untilStarted(begun.value, invocation, command);
}

function begin({ args, options }: Invocation, command: 'start' | 'restart'): Promise<Asked<readonly StartView[]>> {
  const names = args.length === 0 ? undefined : nameList(args);
  const query = { guests: names, mark: names === undefined ? options.mark : undefined, timeout: options.timeout };
  const kill = command === 'restart' && options.kill ? '1' : undefined;
  const all = names === undefined && options.all ? '1' : undefined;
  return ask(options, 'POST', target(`/v1/${command}`, { ...query, all, kill }));
}
