/** `NAME=value` of a shell's file, or a statement that is something else; lines count from 1. */
export type Statement =
  | { readonly line: number; readonly name: string; readonly value: string }
  | { readonly line: number; readonly text: string };

/**
 * The assignments of a shell's file as the shell would read them: quotes, comments, lines that go on. Nothing is run or replaced, `$VEID`
 * stays what it is, and whatever is more than an assignment is a statement by its text.
 */
export function readAssignments(text: string): readonly Statement[] {
  const found: Statement[] = [];
  for (let at = 0; at < text.length; ) {
    const statement = readStatement(text, at);
    found.push(...statement.found);
    at = statement.end;
  }
  return found;
}

interface Read {
  readonly found: readonly Statement[];
  readonly end: number;
}

const BLANK = /(?:[ \t\r]|\\\r?\n)*/y;
const NAME = /(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=/y;
const END = /#[^\n]*(?:\n|$)|[;\n]|$/y;

// From the beginning of a statement to behind its end.
function readStatement(text: string, start: number): Read {
  const found: Statement[] = [];
  for (let at = skip(BLANK, text, start); ; ) {
    const end = match(END, text, at);
    if (end !== undefined) return { found, end: at + Math.max(end[0].length, at >= text.length ? 0 : 1) };
    const named = match(NAME, text, at);
    const word = named && readWord(text, at + named[0].length);
    if (named === undefined || word === undefined) return otherStatement(text, skip(BLANK, text, start));
    found.push({ line: lineAt(text, at), name: named[1] ?? '', value: word.value });
    at = skip(BLANK, text, word.end);
  }
}

// To the end of its line: what it does nobody looks at.
function otherStatement(text: string, start: number): Read {
  const end = text.indexOf('\n', start) < 0 ? text.length : text.indexOf('\n', start);
  return { found: [{ line: lineAt(text, start), text: text.slice(start, end).trim() }], end: end + 1 };
}

const PIECE = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(\r?\n)|\\(.)|([^\s;#'"\\&|<>()]|(?<=[^\s;])#)/sy;

/** One word with its quotes taken off; undefined: a quote is never closed, or it is part of a command. */
function readWord(text: string, start: number): { readonly value: string; readonly end: number } | undefined {
  let [value, at] = ['', start];
  for (let piece = match(PIECE, text, at); piece !== undefined; piece = match(PIECE, text, at)) {
    const [whole, single, double, , escaped, plain] = piece;
    value += single ?? escaped ?? plain ?? unescaped(double ?? '');
    at += whole.length;
  }
  return /^(?:[\s;#]|$)/.test(text.slice(at, at + 1)) ? { value, end: at } : undefined;
}

// Between double quotes a backslash quotes these alone.
function unescaped(text: string): string {
  return text.replaceAll(/\\(?:\r?\n|(["\\$`]))/g, '$1');
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function skip(pattern: RegExp, text: string, at: number): number {
  return at + (match(pattern, text, at)?.[0].length ?? 0);
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}
