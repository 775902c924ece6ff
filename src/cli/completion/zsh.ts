import type { Command } from '../command.ts';
import { SYSTEMS } from '../import-command.ts';
import {
  argumentOffers,
  type Choice,
  commonOffers,
  GUESTS,
  isEndless,
  type Offer,
  offeredOptions,
  SHELLS,
} from './choices.ts';

/** What zsh autoloads as _hostler. */
export function zshCompletion(commands: readonly Command[]): readonly string[] {
  return [
    '#compdef hostler',
    '# hostler completion zsh',
    '_hostler_guests() {',
    '  local -a guests',
    `  guests=(\${(f)"$(hostler completion ${GUESTS} 2>/dev/null)"})`,
    '  compadd -a guests',
    '  (( $# )) && compadd -- "$@"',
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
    `  _arguments -C ${commonOffers().flatMap(optionSpecs).map(quoted).join(' ')} \\`,
    "    '1:command:_hostler_commands' '*::argument:->argument' && return",
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
  return argumentOffers(command).map((offer, index, all) => {
    const name = command.arguments[index]?.name ?? '';
    const place = isEndless(command) && index === all.length - 1 ? '*' : String(index + 1);
    return `${place}:${name}:${offered(offer)}`;
  });
}

function offered({ choice, words }: Offer): string {
  if (words.length === 0) return action(choice);
  return choice === 'guests' ? `${action(choice)} ${words.join(' ')}` : `(${words.join(' ')})`;
}

// The blank before a function keeps zsh from giving it words of its own.
function action(choice: Choice): string {
  const actions: Readonly<Record<Choice, string>> = {
    guests: ' _hostler_guests',
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
