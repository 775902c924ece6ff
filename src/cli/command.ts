import type { FailureKind } from '../model/failure-kind.ts';
import type { OptionName, Options } from './options.ts';
import type { Terminal } from './terminal.ts';

export type ExitCode = 0 | FailureKind['exit'];

/** One line of the command table: what help, usage and the man page know of a command. */
export interface Command {
  readonly name: string;
  readonly group: Group;
  /** After the name in lists, without a full stop. */
  readonly summary: string;
  readonly arguments: readonly Argument[];
  /** Its own; those that every command has are not repeated. */
  readonly options: readonly OptionName[];
  /** Paragraphs of its help. */
  readonly about: readonly string[];
  readonly examples: readonly Example[];
  /** What it may end with besides 0 and 2. */
  readonly exits: readonly ExitCode[];
  /** Reads the command's own file, and no other's: what a command does not use costs it no time. */
  readonly load: () => Promise<Run>;
}

export type Group = 'look' | 'change' | 'run' | 'help';

export interface Argument {
  readonly name: string;
  readonly needed: 'one' | 'perhaps' | 'any number';
  /** What may be typed in its place as it stands. */
  readonly words?: readonly string[];
  readonly says: string;
}

export interface Example {
  readonly line: string;
  readonly says: string;
}

export interface Invocation {
  /** The whole table, for help. */
  readonly commands: readonly Command[];
  readonly args: readonly string[];
  readonly options: Options;
  readonly terminal: Terminal;
}

export type Run = (invocation: Invocation) => Promise<ExitCode>;

export const exitCodes: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'failed',
  2: 'wrong usage',
  3: 'not converged, or something is to be done',
  4: 'no such guest',
  5: 'the agent cannot be reached',
  65: 'the configuration is invalid',
  77: 'not permitted',
};
