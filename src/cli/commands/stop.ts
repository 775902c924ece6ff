import type { Refusal } from '../../model/failure.ts';
import type { GuestView, StopView } from '../../ports/agent.ts';
import { type Asked, ask, target } from '../ask.ts';
import type { Invocation, Run } from '../command.ts';
import { untilStopped } from '../until-stopped.ts';
import { wrongChoice } from '../wrong-choice.ts';

export const stop: Run = async (invocation) => {
  const { terminal } = invocation;
  const wrong = wrongChoice(invocation, 'stop');
  if (wrong !== undefined) return terminal.fail(wrong);
  const unknown = await oneUnknown(invocation);
  if (unknown !== undefined) return terminal.fail(unknown);
  const begun = await begin(invocation);
  if (!begun.ok) return terminal.fail(begun.refusal);
  for (const { guest, state } of begun.value) if (state === 'stopped') terminal.say(`${guest}: does not run`);
  if (begun.value.length === 0) terminal.say('no such guest runs');
  return untilStopped(begun.value, invocation, () => begin(invocation));
};

/** Nobody is stopped where one of several is not there. */
async function oneUnknown({ args, options }: Invocation): Promise<Refusal | undefined> {
  if (args.length < 2) return undefined;
  const asked = await ask<readonly GuestView[]>(options, 'GET', '/v1/guests');
  if (!asked.ok) return asked.refusal;
  const names = asked.value.map(({ name }) => name);
  const unknown = args.find((guest) => !names.includes(guest));
  return unknown === undefined ? undefined : { code: 'E_NO_GUEST', subject: unknown };
}

/** Asked once more it changes nothing: what goes on goes on, with no more time than it had. */
async function begin({ args, options }: Invocation): Promise<Asked<readonly StopView[]>> {
  const wish = { timeout: options.timeout, kill: options.kill ? '1' : undefined };
  if (args.length === 0) return ask(options, 'POST', target('/v1/stop-all', { mark: options.mark, ...wish }));
  const begun: StopView[] = [];
  for (const guest of args) {
    const asked = await ask<StopView>(options, 'POST', target('/v1/stop', { guest, ...wish }));
    if (!asked.ok) return asked;
    begun.push(asked.value);
  }
  return { ok: true, value: begun };
}
