import type { Command } from '../command.ts';
import { SYSTEMS } from '../import-command.ts';
import {
  argumentOffers,
  commonOffers,
  GUESTS,
  isEndless,
  offeredOptions,
  optionsForGuests,
  SHELLS,
  typed,
  valuedOptions,
  versionOffer,
} from './choices.ts';

/** What bash sources. Names are compared, never expanded: who named a guest runs nothing here. */
export function bashCompletion(commands: readonly Command[]): readonly string[] {
  const names = commands.map(({ name }) => name);
  const version = versionOffer(commands);
  const first = [...commonOffers(), version];
  return [
    '# hostler completion bash',
    ...choosing(names),
    '_hostler() {',
    '  local current=${COMP_WORDS[COMP_CWORD]} more="" at value="" ended="" i word',
    '  local -a typed=() named=() choices=() options=()',
    '  COMPREPLY=()',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    word=${COMP_WORDS[i]}',
    '    if [[ -n $value ]]; then value=""; continue; fi',
    '    if [[ -n $ended ]]; then named+=("$word"); continue; fi',
    '    typed+=("${word%%=*}")',
    '    case $word in',
    ...valueCases(commands),
    `      ${typed(version).join('|')}) named+=(${version.name}) ;;`,
    '      --) ended=1 ;;',
    '      -*) ;;',
    '      *) named+=("$word") ;;',
    '    esac',
    '  done',
    '  if [[ -n $value ]]; then _hostler_choose "$value"; return; fi',
    '  at=$((${#named[@]} - 1))',
    '  case ${named[0]-} in',
    `    "") choices=(commands); at=0; options=(${first.flatMap(typed).join(' ')}) ;;`,
    ...commands.flatMap(commandCase),
    '  esac',
    '  if [[ -z $ended && $current == -* ]]; then',
    '    _hostler_offer < <(printf "%s\\n" "${options[@]}")',
    '    return',
    '  fi',
    '  _hostler_choose "${choices[at]:-$more}"',
    '}',
    'complete -F _hostler hostler',
  ];
}

/** Functions that offer what a place is chosen from, such as `guests+=shutdown`. */
function choosing(names: readonly string[]): readonly string[] {
  return [
    '_hostler_offer() {',
    '  local word',
    '  while IFS= read -r word; do',
    '    if [[ -n $word && $word == "$current"* ]]; then COMPREPLY+=("$word"); fi',
    '  done',
    '}',
    '_hostler_typed() {',
    '  local one word',
    '  for one in "$@"; do',
    '    for word in "${typed[@]}"; do',
    '      if [[ $word == "$one" ]]; then return 0; fi',
    '    done',
    '  done',
    '  return 1',
    '}',
    '_hostler_choose() {',
    '  local rest=$1+ one',
    '  while [[ -n $rest ]]; do',
    '    one=${rest%%+*} rest=${rest#*+}',
    '    _hostler_choose_one "$one"',
    '  done',
    '}',
    '_hostler_choose_one() {',
    '  case $1 in',
    `    guests) _hostler_offer < <(hostler completion ${GUESTS} 2>/dev/null) ;;`,
    `    commands) _hostler_offer < <(printf '%s\\n' ${names.join(' ')}) ;;`,
    `    shells) _hostler_offer < <(printf '%s\\n' ${SHELLS.join(' ')}) ;;`,
    `    systems) _hostler_offer < <(printf '%s\\n' ${SYSTEMS.join(' ')}) ;;`,
    '    files) compopt -o filenames 2>/dev/null; _hostler_offer < <(compgen -f -- "$current") ;;',
    '    folders) compopt -o filenames 2>/dev/null; _hostler_offer < <(compgen -d -- "$current") ;;',
    '    =*) _hostler_offer <<<"${1#=}" ;;',
    '  esac',
    '}',
  ];
}

function valueCases(commands: readonly Command[]): readonly string[] {
  return [...valuedOptions(commands)].map(([option, choice]) => `      ${option}) value=${choice} ;;`);
}

function commandCase(command: Command): readonly string[] {
  const choices = argumentOffers(command).map(({ choice, words }) =>
    [choice, ...words.map((word) => `=${word}`)].join('+'),
  );
  const options = offeredOptions(command);
  const always = options.filter((option) => option.with === undefined).flatMap(typed);
  const more = isEndless(command) ? choices.at(-1) : '';
  const guests = optionsForGuests(command);
  return [
    `    ${command.name}) choices=(${choices.join(' ')}); more=${more}; options=(${always.join(' ')})`,
    ...options.flatMap((option) =>
      option.with === undefined
        ? []
        : `      if _hostler_typed ${option.with}; then options+=(${typed(option).join(' ')}); fi`,
    ),
    ...(guests.length === 0 ? [] : [`      if _hostler_typed ${guests.join(' ')}; then choices=(); more=; fi`]),
    '      ;;',
  ];
}
