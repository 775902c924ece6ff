import type { Command } from '../command.ts';
import { SYSTEMS } from '../import-command.ts';
import { argumentChoices, type Choice, GUESTS, offeredOptions, SHELLS } from './choices.ts';

/** What fish sources. */
export function fishCompletion(commands: readonly Command[]): readonly string[] {
  return [
    '# hostler completion fish',
    'complete -c hostler -f',
    ...commands.map(
      ({ name, summary }) => `complete -c hostler -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap((command) => [
      ...offeredOptions(command).map((option) => of(command, optionWords(option))),
      ...argumentChoices(command).map((choice) => of(command, argumentWords(choice, commands))),
    ]),
  ];
}

function of({ name }: Command, words: string): string {
  return `complete -c hostler -n '__fish_seen_subcommand_from ${name}'${words}`;
}

function optionWords({ name, short, says, value }: ReturnType<typeof offeredOptions>[number]): string {
  const names = `${short === undefined ? '' : ` -s ${short}`} -l ${name}`;
  const taken = value === undefined ? '' : ` -r${fileWords(value.choice)}`;
  return `${names}${taken} -d ${quoted(says)}`;
}

function argumentWords(choice: Choice | { readonly word: string }, commands: readonly Command[]): string {
  if (typeof choice !== 'string') return ` -a ${choice.word}`;
  const words: Readonly<Record<Choice, string>> = {
    guests: ` -a '(hostler completion ${GUESTS} 2>/dev/null)'`,
    commands: ` -a '${commands.map(({ name }) => name).join(' ')}'`,
    shells: ` -a '${SHELLS.join(' ')}'`,
    systems: ` -a '${SYSTEMS.join(' ')}'`,
    files: fileWords('files'),
    folders: fileWords('folders'),
    nothing: '',
  };
  return words[choice];
}

function fileWords(choice: Choice): string {
  if (choice === 'files') return ' -F';
  return choice === 'folders' ? " -x -a '(__fish_complete_directories)'" : '';
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
