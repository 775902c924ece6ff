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

/** One for each argument; the last one also for those after it, where there may be any number. */
export function argumentChoices(command: Command): readonly (Choice | { readonly word: string })[] {
  return command.arguments.map(({ name }) => (isWord(name) ? { word: name } : (ofArguments[name] ?? 'nothing')));
}

export function isEndless(command: Command): boolean {
  return command.arguments.some(({ needed }) => needed === 'any number');
}

export interface OfferedOption {
  /** Without dashes. */
  readonly name: OptionName;
  readonly short: string | undefined;
  readonly says: string;
  /** What its value is called and chosen from; absent: it has none that must be there. */
  readonly value?: { readonly name: string; readonly choice: Choice };
}

export function offeredOptions(command: Command): readonly OfferedOption[] {
  return [...command.options, ...commonOptions].map((name) => {
    const { short, says, value, otherwise } = optionSpec(name);
    const wanted = value !== undefined && otherwise === undefined;
    return { name, short, says, ...(wanted && { value: { name: value, choice: ofValues[value] ?? 'nothing' } }) };
  });
}

// An argument that is typed as it stands, such as the test of hostler alerts test.
function isWord(name: string): boolean {
  return name === name.toLowerCase();
}
