import { failures, failureText, type Refusal } from '../model/failure.ts';
import type { FailureKind } from '../model/failure-kind.ts';
import { printable, printableJson } from '../model/printable.ts';

const colours = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33' } as const;

/** A piece of text that may have a colour; nothing but the terminal writes escape sequences. */
export type Span = string | { readonly text: string; readonly colour: keyof typeof colours };
export type Line = Span | readonly Span[];

/** Data to standard output, talk to standard error. Every character that could act on a terminal is shown escaped. */
export interface Terminal {
  print(...lines: readonly Line[]): void;
  /** One line. */
  json(value: unknown): void;
  /** For people only; silent with --quiet. */
  say(line: Line): void;
  /** What is wrong, with --quiet too. */
  complain(line: Line): void;
  /** Says what went wrong and answers with its exit code. */
  fail(refusal: Refusal): FailureKind['exit'];
}

export interface Screen {
  readonly stream: NodeJS.WritableStream;
  readonly colour: boolean;
}

export function terminal(data: Screen, talk: Screen, quiet: boolean): Terminal {
  return {
    print: (...lines) => {
      for (const line of lines) write(data, line);
    },
    json: (value) => data.stream.write(`${printableJson(value)}\n`),
    say: (line) => {
      if (!quiet) write(talk, line);
    },
    complain: (line) => write(talk, line),
    fail: (refusal) => {
      write(talk, ['hostler: ', { text: failureText(refusal), colour: 'red' }]);
      return failures[refusal.code].exit;
    },
  };
}

/** Colours only for a person who watches and did not forbid them (no-color.org). */
export function wantsColour(isTty: boolean | undefined, environment: NodeJS.ProcessEnv, forbidden: boolean): boolean {
  return isTty === true && !forbidden && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

export function spanText(span: Span): string {
  return printable(typeof span === 'string' ? span : span.text);
}

function write(screen: Screen, line: Line): void {
  const spans = typeof line === 'string' || 'text' in line ? [line] : line;
  screen.stream.write(`${spans.map((span) => painted(span, screen.colour)).join('')}\n`);
}

function painted(span: Span, colour: boolean): string {
  const text = spanText(span);
  return colour && typeof span !== 'string' ? `\x1b[${colours[span.colour]}m${text}\x1b[0m` : text;
}
