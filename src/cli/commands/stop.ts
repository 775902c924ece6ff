import { nameList } from '../../model/name-list.ts';
import { shellWord } from '../../model/shell-word.ts';
import type { StatusView, StopView } from '../../ports/agent.ts';
import { type Asked, ask, target } from '../ask.ts';
import type { ExitCode, Invocation, Run } from '../command.ts';
import type { Options } from '../options.ts';
import { untilStopped } from '../until-stopped.ts';
import { nobodyText, wrongChoice } from '../wrong-choice.ts';

export const stop: Run = async (invocation) => {
  const { terminal } = invocation;
  const wrong = wrongChoice(invocation, 'stop');
  if (wrong !== undefined) return terminal.fail(wrong);
  const begun = await begin(invocation);
  if (!begun.ok) return terminal.fail(begun.refusal);
  for (const { guest, state } of begun.value) {
    if (state === 'stopped') terminal.say(`${guest}: does not run`);
    if (state === 'wedged')
      terminal.say(`${guest}: was killed before, and does not end; hostler show ${shellWord(guest)} says what of it`);
  }
  if (begun.value.length === 0) terminal.say(nobodyText(invocation, 'runs'));
  const code = await untilStopped(begun.value, invocation);
  return code === 0 && invocation.options.all ? tellNameless(invocation) : code;
};

/** All are not stopped where there are some whose names nobody can say. */
async function tellNameless({ options, terminal }: Invocation): Promise<ExitCode> {
  const asked = await ask<StatusView>(options, 'GET', '/v1/status');
  const nameless = asked.ok ? asked.value.warnings.filter(({ code }) => code === 'E_GUEST_NAME') : [];
  for (const refusal of nameless) terminal.fail(refusal);
  return nameless.length > 0 ? 1 : 0;
}

type Stops = Asked<readonly StopView[]>;

async function begin({ args, options }: Invocation): Promise<Stops> {
  const wish = { timeout: options.timeout, kill: options.kill ? '1' : undefined };
  if (args.length === 0) return ask(options, 'POST', target('/v1/stop-all', { mark: options.mark, ...wish }));
  if (args.length > 1) return stopInTurn(options, args, wish);
  return stopAlone(options, args[0], wish);
}

/** Of several each has its turn, as those have that start after it. */
function stopInTurn(options: Options, guests: readonly string[], wish: Wish): Promise<Stops> {
  return ask(options, 'POST', target('/v1/stop', { guests: nameList(guests), ...wish }));
}

async function stopAlone(options: Options, guest: string | undefined, wish: Wish): Promise<Stops> {
  const asked = await ask<StopView>(options, 'POST', target('/v1/stop', { guest, ...wish }));
  return asked.ok ? { ok: true, value: [asked.value] } : asked;
}

type Wish = Readonly<Partial<Record<'timeout' | 'kill', string | undefined>>>;
