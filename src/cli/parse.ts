import { parseArgs } from 'node:util';
import type { Refusal } from '../model/failure.ts';
import { meantText } from '../model/meant.ts';
import type { Command } from './command.ts';
import { commonOptions, isOption, type OptionName, type Options, optionSpec, optionTable } from './options.ts';

export type Parsed =
  | { readonly ok: true; readonly command: Command; readonly args: readonly string[]; readonly options: Options }
  | { readonly ok: false; readonly refusal: Refusal };

/** `argv` without node and script. Options may stand anywhere, also before the command's name; `--` ends them. */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): Parsed {
  const words = withValues(withAliases(argv));
  const { tokens, positionals } = parseArgs({ args: words, options: optionTable, strict: false, tokens: true });
  const name = positionals[0] ?? 'help';
  if (name === '') return usage('hostler', 'the name of the command is empty');
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) return { ok: false, refusal: unknownCommand(name, commands) };
  for (const token of tokens) {
    const wrong = token.kind === 'option' ? wrongOption(token, command) : undefined;
    if (wrong) return usage(command.name, wrong);
  }
  const { values } = parseArgs({ args: words, options: optionTable, allowPositionals: true });
  const args = positionals.slice(1);
  const wrong = values.help ? undefined : wrongCount(command, args);
  return wrong ? usage(command.name, wrong) : { ok: true, command, args, options: values };
}

/** Options that people try in the place of a command. */
const aliases: Readonly<Record<string, string>> = {
  '--version': 'version',
  '-V': 'version',
  '--help': 'help',
  '-h': 'help',
};

function withAliases([first = 'help', ...others]: readonly string[]): string[] {
  return [aliases[first] ?? first, ...others];
}

/** `--watch 5` and `--watch` as `--watch=5` and `--watch=2`. */
function withValues(words: readonly string[]): string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return words.flatMap((word, at) => {
    if (at >= end) return [word];
    const [otherwise, before] = [otherwiseOf(word), otherwiseOf(words[at - 1])];
    if (before !== undefined && isNumber(word)) return [];
    const next = words[at + 1];
    return otherwise === undefined ? [word] : [`${word}=${isNumber(next) ? next : otherwise}`];
  });
}

function otherwiseOf(word = ''): string | undefined {
  const name = word.slice('--'.length);
  return word.startsWith('--') && isOption(name) ? optionSpec(name).otherwise : undefined;
}

function isNumber(word = ''): boolean {
  return /^\d+(\.\d+)?$/.test(word);
}

export function unknownCommand(name: string, commands: readonly Command[]): Refusal {
  const names = commands.map((command) => command.name);
  return { code: 'E_USAGE', subject: name, detail: `no such command${meantText(name, names)}` };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function wrongOption(token: OptionToken, command: Command): string | undefined {
  const taken = [...command.options, ...commonOptions];
  if (!isOption(token.name) || !taken.includes(token.name)) return unknownOption(token, taken);
  const wantsValue = optionTable[token.name].type === 'string';
  if (!wantsValue) return token.value === undefined ? undefined : `${token.rawName} takes no value`;
  const forgotten = !token.value || (!token.inlineValue && token.value.startsWith('-'));
  return forgotten ? `${token.rawName} wants a value` : undefined;
}

function unknownOption(token: OptionToken, taken: readonly OptionName[]): string {
  const meant = token.rawName.startsWith('--') ? meantText(token.name, taken, '--') : '';
  return `unknown option ${token.rawName}${meant}`;
}

function wrongCount(command: Command, args: readonly string[]): string | undefined {
  if (args.includes('')) return 'an argument is empty';
  const missing = command.arguments[args.length];
  if (missing?.needed === 'one') return `${missing.name} is missing`;
  const endless = command.arguments.some((argument) => argument.needed === 'any number');
  const extra = endless ? undefined : args[command.arguments.length];
  return extra === undefined ? undefined : `"${extra}" is one argument too many`;
}

function usage(subject: string, detail: string): Parsed {
  return { ok: false, refusal: { code: 'E_USAGE', subject, detail } };
}
