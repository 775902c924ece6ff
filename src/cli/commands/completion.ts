import { meantText } from '../../model/meant.ts';
import type { GuestView } from '../../ports/agent.ts';
import type { Command, Invocation, Run } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { GUESTS, SHELLS } from '../completion/choices.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { reading } from '../reading.ts';

const scripts: Readonly<Record<(typeof SHELLS)[number], (commands: readonly Command[]) => readonly string[]>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const completion: Run = async (invocation) => {
  const { args, commands, terminal } = invocation;
  const [word = ''] = args;
  if (word === GUESTS) return guests(invocation);
  const shell = SHELLS.find((one) => one === word);
  if (shell === undefined)
    return terminal.fail({ code: 'E_USAGE', subject: word, detail: `no such shell${meantText(word, SHELLS)}` });
  terminal.print(...scripts[shell](commands));
  return 0;
};

const guests = (invocation: Invocation) =>
  reading<readonly GuestView[]>(
    () => '/v1/guests',
    (all, { terminal }) => terminal.print(...all.map(({ name }) => name)),
  )(invocation);
