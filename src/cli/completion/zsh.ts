import type { Command } from '../command.ts';
import { SYSTEMS } from '../import-command.ts';
import { argumentChoices, type Choice, GUESTS, isEndless, offeredOptions, SHELLS } from './choices.ts';

/** What zsh autoloads as _hostler. */
export function zshCompletion(commands: readonly Command[]): readonly string[] {
  return [
    '#compdef hostler',
    '# hostler completion zsh',
    '_hostler_guests() {',
    '  local -a guests',
    `  guests=("\${(@f)$(hostler completion ${GUESTS} 2>/dev/null)}")`,
    '  compadd -a guests',
    '}',
    '_hostler_commands() {',
    '  local -a commands=(',
    ...commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`),
    '  )',
    "  _describe 'command' commands",
    '}',
    '_hostler() {',
    '  local context state state_descr line',
    '  typeset -A opt_args',
    "  _arguments -C '1:command:_hostler_commands' '*::argument:->argument' && return",
    '  case $words[1] in',
    ...commands.map((command) => `    ${command.name}) _arguments -S ${specs(command).map(quoted).join(' ')} ;;`),
    '  esac',
    '}',
    '_hostler "$@"',
  ];
}

function specs(command: Command): readonly string[] {
  return [...offeredOptions(command).flatMap(optionSpecs), ...argumentSpecs(command)];
}

function optionSpecs({ name, short, says, value }: ReturnType<typeof offeredOptions>[number]): readonly string[] {
  const text = `[${says.replaceAll(/[[\]\\:]/g, '\\$&')}]`;
  const taken = value === undefined ? '' : `:${value.name}:${action(value.choice)}`;
  return [...(short === undefined ? [] : [`-${short}`]), `--${name}`].map((option) => `${option}${text}${taken}`);
}

function argumentSpecs(command: Command): readonly string[] {
  return argumentChoices(command).map((choice, index, all) => {
    const name = command.arguments[index]?.name ?? '';
    const place = isEndless(command) && index === all.length - 1 ? '*' : String(index + 1);
    return `${place}:${name}:${typeof choice === 'string' ? action(choice) : `(${choice.word})`}`;
  });
}

function action(choice: Choice): string {
  const actions: Readonly<Record<Choice, string>> = {
    guests: '_hostler_guests',
    commands: '_hostler_commands',
    shells: `(${SHELLS.join(' ')})`,
    systems: `(${SYSTEMS.join(' ')})`,
    files: '_files',
    folders: '_files -/',
    nothing: ' ',
  };
  return actions[choice];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
