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
  versionOffer,
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
    '  local -a more=()',
    `  _arguments -C -S ${topSpecs(commands).map(quoted).join(' ')} \\`,
    "    '1:command:_hostler_commands' '*::argument:->argument' && return",
    '  case $words[1] in',
    ...commands.flatMap(commandCase),
    '  esac',
    '}',
    '_hostler "$@"',
  ];
}

// What stands in the place of the command leaves no room for one.
function topSpecs(commands: readonly Command[]): readonly string[] {
  const version = optionSpecs(versionOffer(commands)).map((spec) => `(- 1 *)${spec}`);
  return [...commonOffers().flatMap((option) => optionSpecs(option)), ...version];
}

function commandCase(command: Command): readonly string[] {
  const options = offeredOptions(command);
  const always = options.filter((option) => option.with === undefined);
  const guests = optionsForGuests(command);
  const specs = [
    ...always.flatMap((option) => optionSpecs(option, guests.includes(`--${option.name}`))),
    ...argumentSpecs(command),
  ];
  return [
    `    ${command.name})`,
    ...options.flatMap((option) =>
      option.with === undefined
        ? []
        : `      (( \${words[(Ie)${option.with}]} )) && more+=(${optionSpecs(option).map(quoted).join(' ')})`,
    ),
    `      _arguments -S $more ${specs.map(quoted).join(' ')} ;;`,
  ];
}

function optionSpecs(option: OfferedOption, isAlone = false): readonly string[] {
  const { says, value } = option;
  const text = `[${says.replaceAll(/[[\]\\:]/g, '\\$&')}]`;
  const taken = value === undefined ? '' : `:${value.name}:${action(value.choice)}`;
  return typed(option).map((word) => `${isAlone ? '(*)' : ''}${word}${text}${taken}`);
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
