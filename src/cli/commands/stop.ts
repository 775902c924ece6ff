import type { StopView } from '../../ports/agent.ts';
import { type Asked, ask, target } from '../ask.ts';
import type { Invocation, Run } from '../command.ts';
import { untilStopped } from '../until-stopped.ts';
import { wrongChoice } from '../wrong-choice.ts';

export const stop: Run = async (invocation) => {
  const { terminal } = invocation;
  const wrong = wrongChoice(invocation, 'stop');
  if (wrong !== undefined) return terminal.fail(wrong);
  const begun = await begin(invocation);
  if (!begun.ok) return terminal.fail(begun.refusal);
  for (const { guest, state } of begun.value) {
    if (state === 'stopped') terminal.say(`${guest}: does not run`);
    if (state === 'wedged')
      terminal.say(`${guest}: was killed before, and does not end; hostler show ${guest} says what of it`);
  }
  if (begun.value.length === 0) terminal.say('no such guest runs');
  // With the next agent it goes on as it was begun.
  return untilStopped(begun.value, invocation, () => begin(invocation, {}));
};

/** Of several each has its turn, as those have that start after it. */
async function begin({ args, options }: Invocation, wish = wishOf(options)): Promise<Asked<readonly StopView[]>> {
  if (args.length === 0) return ask(options, 'POST', target('/v1/stop-all', { mark: options.mark, ...wish }));
  if (args.length > 1) return ask(options, 'POST', target('/v1/stop', { guests: args.join(','), ...wish }));
  const asked = await ask<StopView>(options, 'POST', target('/v1/stop', { guest: args[0], ...wish }));
  return asked.ok ? { ok: true, value: [asked.value] } : asked;
}

function wishOf({ timeout, kill }: Invocation['options']): Wish {
  return { timeout, kill: kill ? '1' : undefined };
}

interface Wish {
  readonly timeout?: string | undefined;
  readonly kill?: string | undefined;
}
