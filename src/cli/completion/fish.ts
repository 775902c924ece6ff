import type { Command } from '../command.ts';
import { SYSTEMS } from '../import-command.ts';
import {
  argumentOffers,
  type Choice,
  commonOffers,
  GUESTS,
  isEndless,
  type Offer,
  type OfferedOption,
  offeredOptions,
  optionsForGuests,
  SHELLS,
  typed,
  valuedOptions,
  versionOffer,
} from './choices.ts';

/** What fish sources. */
export function fishCompletion(commands: readonly Command[]): readonly string[] {
  const version = versionOffer(commands);
  return [
    '# hostler completion fish',
    ...wordsBefore([...valuedOptions(commands).keys()], version),
    ...whatIsTyped(),
    'complete -c hostler -f',
    ...commands.map(({ name, summary }) => `complete -c hostler -n __hostler_none -a ${name} -d ${quoted(summary)}`),
    ...commonOffers().map((option) => `complete -c hostler -n __hostler_none${optionWords(option)}`),
    `complete -c hostler -n __hostler_first${optionWords(version)}`,
    ...commands.flatMap((command) => [
      ...offeredOptions(command).map((option) => `${inCommand(command, option)}${optionWords(option)}`),
      ...argumentOffers(command).flatMap((offer, place) => {
        const words = argumentWords(offer, commands);
        return words === '' ? [] : [`${atPlace(command, place)}${words}`];
      }),
    ]),
  ];
}

/** A function that names the command and its arguments before the word that is typed. */
function wordsBefore(valued: readonly string[], version: OfferedOption): readonly string[] {
  return [
    'function __hostler_words',
    '  set -l words (commandline -opc)',
    '  set -e words[1]',
    '  set -l is_value 0',
    '  set -l is_ended 0',
    '  for word in $words',
    '    if test $is_ended = 1',
    "      printf '%s\\n' $word",
    '      continue',
    '    end',
    '    if test $is_value = 1',
    '      set is_value 0',
    '      continue',
    '    end',
    '    switch $word',
    `      case ${valued.join(' ')}`,
    '        set is_value 1',
    `      case ${typed(version).join(' ')}`,
    `        printf '%s\\n' ${version.name}`,
    '      case --',
    '        set is_ended 1',
    "      case '-*'",
    "      case '*'",
    "        printf '%s\\n' $word",
    '    end',
    '  end',
    'end',
  ];
}

/** Functions that tell where the word that is typed stands: after which command, and as which of its arguments. */
function whatIsTyped(): readonly string[] {
  return [
    'function __hostler_none',
    '  test (count (__hostler_words)) -eq 0',
    'end',
    'function __hostler_first',
    '  test (count (commandline -opc)) -eq 1',
    'end',
    'function __hostler_typed',
    '  for word in (commandline -opc)',
    "    contains -- (string replace -r '=.*' '' -- $word) $argv; and return 0",
    '  end',
    '  return 1',
    'end',
    'function __hostler_in',
    '  set -l words (__hostler_words)',
    '  test "$words[1]" = $argv[1]',
    'end',
    'function __hostler_at',
    '  __hostler_in $argv[1]; or return 1',
    '  set -l place (count (__hostler_words))',
    '  test $place -eq $argv[2]; and return 0',
    '  test "$argv[3]" = more; and test $place -gt $argv[2]',
    'end',
  ];
}

function inCommand({ name }: Command, option: OfferedOption): string {
  const word = option.with === undefined ? '' : `; and __hostler_typed ${option.with}`;
  return `complete -c hostler -n '__hostler_in ${name}${word}'`;
}

function atPlace(command: Command, place: number): string {
  const isLast = place === command.arguments.length - 1;
  const more = isLast && isEndless(command) ? ' more' : '';
  const guests = optionsForGuests(command);
  const unless = guests.length === 0 ? '' : `; and not __hostler_typed ${guests.join(' ')}`;
  return `complete -c hostler -n '__hostler_at ${command.name} ${place + 1}${more}${unless}'`;
}

function optionWords({ name, short, says, value }: OfferedOption): string {
  const names = `${short === undefined ? '' : ` -s ${short}`} -l ${name}`;
  return `${names}${value === undefined ? '' : valueWords(value.choice)} -d ${quoted(says)}`;
}

function valueWords(choice: Choice): string {
  const files = fileWords(choice);
  return files === '' ? ' -x' : ` -r${files}`;
}

function argumentWords({ choice, words }: Offer, commands: readonly Command[]): string {
  const lists: Readonly<Record<Choice, readonly string[]>> = {
    guests: [`(hostler completion ${GUESTS} 2>/dev/null)`],
    commands: commands.map(({ name }) => name),
    shells: SHELLS,
    systems: SYSTEMS,
    files: [],
    folders: [],
    nothing: [],
  };
  const list = [...words, ...lists[choice]];
  return `${fileWords(choice)}${list.length === 0 ? '' : ` -a '${list.join(' ')}'`}`;
}

function fileWords(choice: Choice): string {
  if (choice === 'files') return ' -F';
  return choice === 'folders' ? " -x -a '(__fish_complete_directories)'" : '';
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
