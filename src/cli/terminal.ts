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
  /** In the place of what was drawn last, as far as it fits; where no person watches, one after the other. */
  redraw(lines: readonly Line[]): void;
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
  /** Lines of a terminal; absent, or undefined: it is none. */
  readonly height?: () => number | undefined;
}

export function terminal(data: Screen, talk: Screen, quiet: boolean): Terminal {
  return {
    print: (...lines) => {
      for (const line of lines) write(data, line);
    },
    redraw: (lines) => redraw(data, lines),
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

function redraw(screen: Screen, lines: readonly Line[]): void {
  const height = screen.height?.();
  if (height === undefined) {
    for (const line of [...lines, '']) write(screen, line);
    return;
  }
  // The cursor home; the rest of each line and of the screen is wiped: nothing flickers.
  screen.stream.write('\x1b[H');
  for (const line of lines.slice(0, height - 1)) screen.stream.write(`${lineText(screen, line)}\x1b[K\n`);
  screen.stream.write('\x1b[J');
}

function write(screen: Screen, line: Line): void {
  screen.stream.write(`${lineText(screen, line)}\n`);
}

function lineText({ colour }: Screen, line: Line): string {
  const spans = typeof line === 'string' || 'text' in line ? [line] : line;
  return spans.map((span) => painted(span, colour)).join('');
}

function painted(span: Span, colour: boolean): string {
  const text = spanText(span);
  return colour && typeof span !== 'string' ? `\x1b[${colours[span.colour]}m${text}\x1b[0m` : text;
}
