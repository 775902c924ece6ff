import type { Run } from '../command.ts';
import { commandHelp, overview } from '../help.ts';
import { unknownCommand } from '../parse.ts';

export const help: Run = async ({ args: [name], commands, terminal }) => {
  if (name === undefined) {
    terminal.print(...overview(commands));
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) return terminal.fail(unknownCommand(name, commands));
  terminal.print(...commandHelp(command));
  return 0;
};
