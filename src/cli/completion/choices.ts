import type { Command } from '../command.ts';
import { commonOptions, type OptionName, optionSpec } from '../options.ts';

/** What a word of the command line is chosen from; nothing: nobody but who types knows. */
export type Choice = 'guests' | 'commands' | 'shells' | 'systems' | 'files' | 'folders' | 'nothing';

/** The names of guests, which scripts ask for by this word in the place of a shell. */
export const GUESTS = 'guests';
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const ofArguments: Readonly<Record<string, Choice>> = {
  GUEST: 'guests',
  COMMAND: 'commands',
  SHELL: 'shells',
  SYSTEM: 'systems',
  PATH: 'files',
  DEVICE: 'files',
};
const ofValues: Readonly<Record<string, Choice>> = { PATH: 'files', DIR: 'folders' };

/** What an argument is chosen from, and words that are typed in its place as they stand. */
export interface Offer {
  readonly choice: Choice;
  readonly words: readonly string[];
}

/** One for each argument; the last one also for those after it, where there may be any number. */
export function argumentOffers(command: Command): readonly Offer[] {
  return command.arguments.map(({ name, words = [] }) => ({ choice: ofArguments[name] ?? 'nothing', words }));
}

export function isEndless(command: Command): boolean {
  return command.arguments.some(({ needed }) => needed === 'any number');
}

export interface OfferedOption {
  /** Without dashes. */
  readonly name: string;
  readonly short: string | undefined;
  readonly says: string;
  /** What its value is called and chosen from; absent: it has none that must be there. */
  readonly value?: { readonly name: string; readonly choice: Choice };
  /** It is offered where this argument stands, and nowhere else. */
  readonly with?: string;
}

export function offeredOptions(command: Command): readonly OfferedOption[] {
  return [...command.options, ...commonOptions].map(offeredOption);
}

/** What may stand before any command. */
export function commonOffers(): readonly OfferedOption[] {
  return commonOptions.map(offeredOption);
}

/** What may stand in the place of the command of this name. */
export function versionOffer(commands: readonly Command[]): OfferedOption {
  return { name: VERSION, short: 'V', says: commands.find(({ name }) => name === VERSION)?.summary ?? '' };
}

const VERSION = 'version';

/** Options of the command with which it takes no arguments. */
export function optionsForGuests(command: Command): readonly string[] {
  return command.options.filter((name) => optionSpec(name).namesGuests).map((name) => `--${name}`);
}

/** As they are typed. */
export function typed({ name, short }: OfferedOption): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
}

function offeredOption(name: OptionName): OfferedOption {
  const { short, says, value, otherwise, with: word } = optionSpec(name);
  const wanted = value !== undefined && otherwise === undefined;
  return {
    ...{ name, short, says },
    ...(wanted && { value: { name: value, choice: ofValues[value] ?? 'nothing' } }),
    ...(word !== undefined && { with: word }),
  };
}

/** Options after which a value stands, as they are typed, and what that is chosen from. */
export function valuedOptions(commands: readonly Command[]): ReadonlyMap<string, Choice> {
  const wanted = new Map<string, Choice>();
  for (const option of commands.flatMap(offeredOptions))
    if (option.value !== undefined) for (const word of typed(option)) wanted.set(word, option.value.choice);
  return wanted;
}
