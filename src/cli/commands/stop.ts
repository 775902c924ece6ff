import type { Refusal } from '../../model/failure.ts';
import type { StopView } from '../../ports/agent.ts';
import { type Asked, ask, target } from '../ask.ts';
import type { Invocation, Run } from '../command.ts';
import { seconds } from '../seconds.ts';
import { untilStopped } from '../until-stopped.ts';

export const stop: Run = async (invocation) => {
  const { terminal } = invocation;
  const wrong = wrongWords(invocation);
  if (wrong !== undefined) return terminal.fail(wrong);
  const begun = await begin(invocation);
  if (!begun.ok) return terminal.fail(begun.refusal);
  for (const { guest, state } of begun.value) if (state === 'stopped') terminal.say(`${guest}: does not run`);
  if (begun.value.length === 0) terminal.say('no such guest runs');
  return untilStopped(begun.value, invocation, () => begin(invocation));
};

function wrongWords({ args, options }: Invocation): Refusal | undefined {
  const isOfMany = options.all || options.mark !== undefined;
  const subject = 'stop';
  if (options.all && options.mark !== undefined)
    return { code: 'E_USAGE', subject, detail: 'either --all or --mark is wanted' };
  if (isOfMany && args.length > 0)
    return { code: 'E_USAGE', subject, detail: 'either GUEST is wanted, or --all or --mark' };
  if (!isOfMany && args.length === 0)
    return { code: 'E_USAGE', subject, detail: 'GUEST is missing; --all stops every guest' };
  if (options.timeout === undefined || !Number.isNaN(seconds(options.timeout))) return undefined;
  const detail = `"${options.timeout}" is no number of seconds from 1 to 3600`;
  return { code: 'E_USAGE', subject: '--timeout', detail };
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
